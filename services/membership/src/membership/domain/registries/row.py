"""What every register's reader yields: a profile that the register vouches for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from membership.domain.errors import RuleBrokenError
from membership.domain.member import ExternalId, Profile

Reader = Callable[[Mapping[str, str]], "Row | None"]


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a register: the profile, and the register's own name for it."""

    entry: ExternalId
    profile: Profile


def needed(row: Mapping[str, str], *columns: str) -> list[str]:
    """The stripped values of columns that a row must have; the first empty one is named."""
    values = []
    for column in columns:
        value = (row.get(column) or "").strip()
        if not value:
            raise RuleBrokenError(column, "is missing")
        values.append(value)
    return values
