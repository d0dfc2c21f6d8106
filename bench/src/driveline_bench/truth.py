"""The cells of the bench's market counted once more, by nothing that the exchange or a peer uses: numpy, in memory.

A cell's key here is a number made of its filters: geography, role, shop type, experience, kind of facet and its code,
each 0 where open, else the position in the contract's vocabulary plus one (geography: the position alone).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any, Final

import numpy as np
from contracts.vocabulary import CREDENTIAL_LEVELS, EXPERIENCES, PAY_PLANS, ROLES, SHOP_SIZES, SHOP_TYPES
from contracts.zips import zips

Array = np.ndarray[Any, np.dtype[Any]]

RADIX: Final = (len(ROLES) + 1, len(SHOP_TYPES) + 1, len(EXPERIENCES) + 1, 4, 16)
CELL: Final = np.dtype([("key", "i8"), ("contributors", "i8"), ("entries", "i8"), ("largest", "i8"), ("cents", "i8")])
FACETS: Final = (PAY_PLANS, SHOP_SIZES, CREDENTIAL_LEVELS)
_CODED: Final = {
    "role": ROLES,
    "shop_type": SHOP_TYPES,
    "experience": EXPERIENCES,
    "plan": PAY_PLANS,
    "size": SHOP_SIZES,
}
_MASTERS: Final = ({f"A{n}" for n in range(1, 9)}, {f"B{n}" for n in range(2, 6)}, {f"T{n}" for n in range(2, 9)})
_SCALE: Final = 10_000


def geographies() -> list[str]:
    """Every geography of the ZIP table as a cell's key spells it; the position is its number."""
    found = {"nation:US"}
    for place in zips().values():
        found.update(name for name in chain(place) if name)
    return sorted(found)


def chain(place: Any) -> tuple[str, str, str, str]:
    """Nation, division, state and metro of a ZIP; empty where there is none."""
    return (
        "nation:US",
        f"division:{place.division}" if place.division else "",
        f"state:{place.state}",
        f"metro:{place.state}:{place.cbsa}" if place.cbsa else "",
    )


def key_of(geography: Any, role: Any, shop: Any, experience: Any, kind: Any, code: Any) -> Any:
    """The key of a cell, or the keys of many."""
    key = geography
    for radix, part in zip(RADIX, (role, shop, experience, kind, code), strict=True):
        key = key * radix + part
    return key


def cents_of(body: Mapping[str, Any]) -> int:
    """Effective hourly pay of a body that is right, in whole numbers: the rule of the domain, written down once more."""
    rate, hours = _scaled(body["rate"]), _scaled(body["hours_clocked"])
    plan = body["plan"]
    week: int  # of pay, times _SCALE squared times 5,200
    if plan.startswith("hourly"):
        week = 5200 * rate * hours
    elif plan.startswith("salary"):
        week = 100 * rate * _SCALE
    elif plan == "commission_percent_labor":
        week = 52 * rate * _scaled(body["labor_sales_week"])
    else:
        units = _scaled(body["hours_flagged"])
        if plan == "flat_rate_with_guarantee":
            units = max(units, _scaled(body["hours_guaranteed"]))
        week = 5200 * rate * units
        if plan == "hybrid_greater_of":
            week = max(week, 5200 * _scaled(body["base_rate"]) * hours)
    week += _SCALE * (100 * _scaled(body["annual_bonus"]) + 5200 * _scaled(body["weekly_extra"]))
    below = 52 * _SCALE * hours
    return (2 * week + below) // (2 * below)


def _scaled(text: str) -> int:
    whole, _, places = text.partition(".")
    return int(whole) * _SCALE + int((places + "0000")[:4])


@dataclass(frozen=True, slots=True)
class Values:
    """The entries of some cells, by key and then cents: cell i holds `cents[starts[i]:starts[i + 1]]`."""

    keys: Array
    starts: Array
    cents: Array


class Truth:
    """Listens to the market (`told`) and keeps the newest revision of each submission."""

    def __init__(self) -> None:
        self._numbers = {field: {code: n + 1 for n, code in enumerate(codes)} for field, codes in _CODED.items()}
        self._members: dict[str, int] = {}
        self._entries: list[tuple[int, ...]] = []
        self.names = geographies()
        number = {name: n for n, name in enumerate(self.names)}
        self._chains = np.full((100_000, 4), -1, np.int64)
        for zip_code, place in zips().items():
            self._chains[int(zip_code)] = [number[name] if name else -1 for name in chain(place)]

    def told(self, at: int, body: Mapping[str, Any]) -> None:
        """Take in an event; submissions come in the order of their revisions."""
        held = set(body["credentials"])
        level = "master" if any(series <= held for series in _MASTERS) else "some" if held else "none"
        member = self._members.setdefault(body["member_id"], len(self._members))
        coded = tuple(numbers[body[field]] for field, numbers in self._numbers.items())
        entry = (member, int(body["zip"]), cents_of(body), *coded, 1 + CREDENTIAL_LEVELS.index(level))
        if at == len(self._entries):
            self._entries.append(entry)
        else:
            self._entries[at] = entry

    def __len__(self) -> int:
        return len(self._entries)

    def cells(self) -> Array:
        """CELL of every cell that holds an entry, by key."""
        found = [_counted(keys, entries[:, 0], entries[:, 2]) for keys, entries in self._combinations()]
        cells = np.concatenate(found)
        return cells[np.argsort(cells["key"])]

    def values(self, wanted: Array) -> Iterator[Values]:
        """The entries of these cells, in some parts."""
        for keys, entries in self._combinations():
            kept = np.isin(keys, wanted)
            keys, cents = keys[kept], entries[kept, 2]
            order = np.lexsort((cents, keys))
            unique, starts = np.unique(keys[order], return_index=True)
            yield Values(unique, np.append(starts, len(keys)), cents[order])

    def _combinations(self) -> Iterator[tuple[Array, Array]]:
        """Each way to open filters: the key of every entry's cell, and the entries that have one."""
        entries = np.array(self._entries, np.int64)
        _, zip_codes, _, role, shop, experience, plan, size, level = entries.T
        none = np.zeros_like(role)
        rest = [(shop * s, experience * e, none, none) for s, e in product((0, 1), repeat=2)]
        rest += [(none, none, none + kind, code) for kind, code in enumerate((plan, size, level), 1)]
        for step, with_role, filters in product(range(4), (0, 1), rest):
            geography = self._chains[zip_codes, step]
            has = geography >= 0
            keys = key_of(geography, role * with_role, *filters)
            yield keys[has], entries[has]


def _counted(keys: Array, members: Array, cents: Array) -> Array:
    pairs = (keys << 24) | members
    order = np.argsort(pairs)
    pairs, cents = pairs[order], cents[order]
    runs = np.flatnonzero(np.diff(pairs, prepend=-1))  # one for each contributor in a cell
    lengths = np.diff(np.append(runs, len(pairs)))
    of_runs = pairs[runs] >> 24
    firsts = np.flatnonzero(np.diff(of_runs, prepend=-1))
    counted = np.empty(len(firsts), CELL)
    counted["key"] = of_runs[firsts]
    counted["contributors"] = np.diff(np.append(firsts, len(runs)))
    counted["entries"] = np.add.reduceat(lengths, firsts)
    counted["largest"] = np.maximum.reduceat(lengths, firsts)
    counted["cents"] = np.add.reduceat(cents, runs[firsts])
    return counted


def joined_cells(parts: Array) -> Array:
    """The cells of several shards together; a contributor is in one of them only."""
    order = np.argsort(parts["key"], kind="stable")
    parts = parts[order]
    firsts = np.flatnonzero(np.diff(parts["key"], prepend=-1))
    together = np.empty(len(firsts), CELL)
    together["key"] = parts["key"][firsts]
    for name in ("contributors", "entries", "cents"):
        together[name] = np.add.reduceat(parts[name], firsts)
    together["largest"] = np.maximum.reduceat(parts["largest"], firsts)
    return together


def difference(found: Array, expected: Array) -> str | None:
    """None when both say the same of every cell, else what differs first."""
    if len(found) != len(expected):
        return f"{len(found):,} cells, expected {len(expected):,}"
    for name in CELL.names or ():
        wrong = np.flatnonzero(found[name] != expected[name])
        if len(wrong):
            at = wrong[0]
            return f"{len(wrong):,} cells differ in {name}, the first is {found[at]}, expected {expected[at]}"
    return None
