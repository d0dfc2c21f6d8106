"""What members say in a history, and what a release of it is told; both sides translate these for themselves."""

import hashlib
from dataclasses import dataclass
from datetime import date
from fractions import Fraction


@dataclass(frozen=True)
class Position:
    """Where and what is spoken of, in the contracts' codes; the subject is a role, a benefit or a kind of labor rate, and
    what a measure has none of is empty."""

    zip: str
    subject: str
    shop_type: str
    size: str
    experience: str = ""
    plan: str = ""
    credential_level: str = ""


@dataclass(frozen=True)
class Submission:
    """One revision of one submission; `value` is in cents, of a benefit's amount in hundredths of its unit, None without
    one. Only a benefit is not `offered`."""

    measure: str
    member: str
    submission: str
    revision: int
    effective: date
    value: int | None
    position: Position
    offered: bool = True


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


Said = Submission | Back | Member


def digest(said: Said) -> bytes:
    """What stands for the SHA-256 of the record's body: it decides between two equal revisions."""
    return hashlib.sha256(repr(said).encode()).digest()


@dataclass(frozen=True)
class Rules:
    """A policy, as both sides are told it; `cap` in percent, `rounding` in cents, `points` and `days` in hundredths."""

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
    points: int = 5_00
    days: int = 1_00
    tells_unanimity: bool = True

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
    """What a cell shows, its numbers as text, and what is remembered of it: since which release, stayed how often; of a
    benefit its share in percent, and the unit and median of its amount."""

    policy_id: str
    contributors: str
    percentiles: dict[str, str]
    intervals: dict[str, tuple[str, str]]
    baseline: int
    stayed: int
    share: str | None = None
    amount: tuple[str, str] | None = None
