"""Markets of one's own, and what members say in them: values that have character."""

import uuid
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import count
from typing import Any, ClassVar

from contracts.codec import partition_of
from contracts.vocabulary import ROLES
from contracts.zips import zips
from exchange.domain.lattice import Geography, Place
from exchange_log import PARTITIONS

# Those of markets that are handed out; the others are for tests that ask about a whole country.
_ROLES = [role for role in ROLES if role not in ("tech_a", "apprentice", "painter")]


@cache
def places() -> Geography:
    return Geography(Place(z.zip, z.state, z.division, z.cbsa) for z in zips().values())


def ago(days: int) -> date:
    return datetime.now(UTC).date() - timedelta(days=days)


class Market:
    """A state and a role that no other test uses together, so that every test sees its own cells whatever else was said.

    Nothing is ever taken off the log, and a store that lost its state folds what all earlier tests said.
    """

    _taken: ClassVar = count()
    _states: ClassVar = sorted({(z.state, z.zip, z.cbsa) for z in zips().values() if z.cbsa and z.division})

    def __init__(self) -> None:
        first = {state: (zip_code, metro) for state, zip_code, metro in reversed(self._states)}
        taken = next(self._taken)
        self.state = sorted(first)[taken % len(first)]
        self.zip, self.metro = first[self.state]
        self.role = _ROLES[taken % len(_ROLES)]
        self.mark = uuid.uuid4().hex[:6]
        self.named: set[str] = set()

    @classmethod
    def of(cls, state: str, role: str) -> "Market":
        """A market that a test names; nobody is ever given these roles otherwise."""
        assert role not in _ROLES
        made = cls()
        made.state, made.role = state, role
        _, made.zip, made.metro = next(found for found in cls._states if found[0] == state)
        return made

    def shop(self, n: int, partition: int | None = None) -> str:
        """The id of the n-th shop, if asked for one whose home is this partition."""
        names = (f"shop-{self.mark}-{n}.{tried}" for tried in count())
        name = f"shop-{self.mark}-{n}"
        if partition is not None:
            name = next(name for name in names if partition_of(name, PARTITIONS) == partition)
        self.named.add(name)
        return name

    @property
    def here(self) -> dict[str, str]:
        """The question about this market."""
        return {"role": self.role, "state": self.state}

    def cell(self, rest: str = "*|*|*") -> str:
        return f"pay|state:{self.state}|{self.role}|{rest}"

    def own(self, cells: Mapping[str, dict[str, Any]]) -> dict[str, tuple[Any, ...]]:
        """What is shown of the cells that are this market's alone."""
        return {
            name: (cell["percentiles"], cell["intervals"], cell["contributors"])
            for name, cell in cells.items()
            if name.startswith(
                (f"pay|state:{self.state}|{self.role}|", f"pay|metro:{self.state}:{self.metro}|{self.role}|")
            )
        }

    def pay(self, member_id: str, rate: str, submission_id: str = "9b1c", **fields: Any) -> dict[str, Any]:
        return {
            "submission_id": submission_id,
            "revision": 1,
            "member_id": member_id,
            "role": self.role,
            "experience": "y5_9",
            "shop_type": "independent_repair",
            "size": "3_5",
            "zip": self.zip,
            "plan": "hourly",
            "rate": rate,
            "rate_unit": "clock_hour",
            "hours_clocked": "40",
            "effective_on": ago(150).isoformat(),
            **fields,
        }


def member(member_id: str, revision: int = 1, **fields: Any) -> dict[str, Any]:
    return {
        "member_id": member_id,
        "revision": revision,
        "kind": "business",
        "status": "active",
        "verified_on": ago(300).isoformat(),
        "name": "Elm Street Garage",
        "zip": "17350",
        **fields,
    }


def withdrawal(member_id: str, submission_id: str = "9b1c", revision: int = 2) -> dict[str, Any]:
    return {"submission_id": submission_id, "revision": revision, "member_id": member_id, "measure": "pay"}


def cutoffs(day: date) -> dict[str, str]:
    """The cutoff of every measure at a release on a day: what must be 90 days old, and labor rates, 180."""
    young, old = ((day - timedelta(days=age)).isoformat() for age in (90, 180))
    return {"pay": young, "benefits": young, "labor-rates": old, "technician-pay": young}
