"""What members say in a history, and what a release of it is told; both sides translate these for themselves."""

import hashlib
from dataclasses import dataclass
from datetime import date
from fractions import Fraction


@dataclass(frozen=True)
class Position:
    """Where and what a job is, in the contracts' codes."""

    zip: str
    role: str
    shop_type: str
    experience: str
    plan: str
    size: str
    credential_level: str


@dataclass(frozen=True)
class Pay:
    """One revision of one submission."""

    measure: str
    member: str
    submission: str
    revision: int
    effective: date
    cents: int
    position: Position


@dataclass(frozen=True)
class Back:
    """The taking back of every lesser revision of a submission."""

    measure: str
    member: str
    submission: str
    revision: int


@dataclass(frozen=True)
class Member:
    """One revision of a member."""

    member: str
    revision: int
    kind: str
    status: str
    verified: date | None


Said = Pay | Back | Member


def digest(said: Said) -> bytes:
    """What stands for the SHA-256 of the record's body: it decides between two equal revisions."""
    return hashlib.sha256(repr(said).encode()).digest()


@dataclass(frozen=True)
class Rules:
    """A policy, as both sides are told it; `cap` in percent, `rounding` in cents."""

    policy_id: str
    measure: str
    contributors: str
    finest: str
    since: date
    age_days: int
    window_months: int
    k: int
    cap: int
    rounding: int
    guards_old_versions: bool = False

    @property
    def share(self) -> Fraction:
        """The cap as a fraction."""
        return Fraction(self.cap, 100)


@dataclass(frozen=True)
class Step:
    """Batches of what is said, then an epoch on a day. `restart` names what happens to the shards' memory before it."""

    batches: tuple[tuple[Said, ...], ...]
    day: date
    kind: str  # release or sweep
    restart: str  # "", "stored": from what is durable, "rewound": from an older state of it, "replayed": from the log


@dataclass(frozen=True)
class History:
    """Everything that happens to one market."""

    shards: int
    policies: tuple[Rules, ...]
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Shown:
    """What a cell shows and what is remembered of it: its numbers in cents, since which release, stayed how often."""

    policy_id: str
    contributors: str
    percentiles: dict[str, int]
    intervals: dict[str, tuple[int, int]]
    baseline: int
    stayed: int
