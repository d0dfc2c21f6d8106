"""Progress: how far a need has come with the proposals made for it, and so what is to be done next."""

from collections.abc import Iterable
from datetime import datetime
from enum import Enum

from matching.domain.need import Need
from matching.domain.proposal import Proposal


class Step(Enum):
    """What comes next for a need. Exactly one of these is right at any time."""

    REST = "nothing to do"
    WAIT = "an answer is awaited"
    ASK = "somebody else can be asked"
    FILL = "every place is agreed"
    END = "nobody new is asked any more, and nobody's answer is awaited"


def places_left(need: Need, proposals: Iterable[Proposal]) -> int:
    """Places that no living proposal holds; a need may be cut down below what it has been promised."""
    return max(0, need.places - sum(proposal.holds for proposal in proposals))


def next_step(need: Need, proposals: Iterable[Proposal], now: datetime) -> Step:
    """What comes next, once all that has run out or lost its ground was ended."""
    made = list(proposals)
    if need.state != "open":
        return Step.REST
    awaited = sum(proposal.awaits is not None for proposal in made)
    if not awaited and places_left(need, made) == 0:
        return Step.FILL
    if now >= need.closes_at:
        return Step.WAIT if awaited else Step.END
    return Step.ASK if places_left(need, made) else Step.WAIT


def is_taken_back(need: Need, proposals: Iterable[Proposal], withdrawn: int, *, gone: bool, now: datetime) -> bool:
    """Whether a withdrawal up to revision `withdrawn`, or its member's departure, ends a need.

    Not once every place is agreed: that is its outcome, though nobody may have looked since.
    """
    if need.state != "open" or next_step(need, proposals, now) is Step.FILL:
        return False
    return gone or withdrawn >= need.revision
