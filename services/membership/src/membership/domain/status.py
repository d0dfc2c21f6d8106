"""The standing of a membership and the ways from one standing to another."""

from typing import Literal

from membership.domain.errors import RuleBrokenError

Status = Literal["pending", "active", "grace", "lapsed", "left"]

# A membership that runs out is first given grace; whoever has left comes back by joining again.
NEXT: dict[str, frozenset[str]] = {
    "pending": frozenset({"active", "left"}),
    "active": frozenset({"grace", "lapsed", "left"}),
    "grace": frozenset({"active", "lapsed", "left"}),
    "lapsed": frozenset({"active", "left"}),
    "left": frozenset({"pending", "active"}),
}

# A technician's standing begins when the email or phone is confirmed; everyone else takes part from the day of joining.
FIRST: dict[str, Status] = {"school": "active", "business": "active", "organization": "active", "technician": "pending"}


def check_step(old: str, new: str) -> None:
    """Raise unless a membership may go from `old` to `new`; staying where it is is always allowed."""
    if new != old and new not in NEXT[old]:
        raise RuleBrokenError("status", f"'{old}' cannot become '{new}'")
