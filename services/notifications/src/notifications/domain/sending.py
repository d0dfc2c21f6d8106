"""What may come of handing a message over: it was taken, refused, or nobody knows."""

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Taken:
    """The other side has it now; `ids` are its names for the parts."""

    ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RefusedForNow:
    """It was certainly not taken, and may be another time: busy, away."""

    reason: str


@dataclass(frozen=True, slots=True)
class RefusedForGood:
    """It was certainly not taken, and will not be."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unanswered:
    """It may have been taken: the answer never came. Trying again might tell somebody twice."""

    reason: str


Outcome: TypeAlias = Taken | RefusedForNow | RefusedForGood | Unanswered
