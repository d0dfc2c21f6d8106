"""What a peer is told: the contract's code tables and the ZIP table's geographies, so that they have one home."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import numpy as np
from contracts.vocabulary import CREDENTIALS, EXPERIENCES, PAY_PLANS, RATE_UNIT, ROLES, SHOP_SIZES, SHOP_TYPES
from contracts.zips import zips

from driveline_bench.truth import Array, chain, geographies

# In the order of canonical JSON: a peer guesses that the next field is the one after the last.
FIELDS: Final = (
    "annual_bonus", "base_rate", "credentials", "effective_on", "experience", "hours_clocked", "hours_flagged",
    "hours_guaranteed", "labor_sales_week", "member_id", "plan", "rate", "rate_unit", "revision", "role", "shop_type",
    "size", "submission_id", "weekly_extra", "zip",
)  # fmt: skip
PLANS: Final = (
    "hourly", "hourly_plus_production_bonus", "salary", "salary_plus_commission", "flat_rate", "team_flat_rate",
    "flat_rate_with_guarantee", "hybrid_greater_of", "commission_percent_labor",
)  # fmt: skip
UNITS: Final = ("clock_hour", "year", "flag_hour", "percent")
_SERIES: Final = ((range(1, 9), "A"), (range(2, 6), "B"), (range(2, 9), "T"))
assert set(PLANS) == set(PAY_PLANS)  # noqa: S101 - the peer knows the rule of each by its position here


def write_tables(folder: Path, age_days: int, window_days: int, layout: str) -> None:
    """`tables`, one list a line, and `chains`, four little-endian 32-bit numbers for each ZIP from 00000 on."""
    folder.mkdir(parents=True, exist_ok=True)
    cutoff = datetime.now(UTC).date() - timedelta(days=age_days)
    masters = [sum(1 << CREDENTIALS.index(f"{letter}{n}") for n in numbers) for numbers, letter in _SERIES]
    lists: dict[str, tuple[object, ...]] = {
        "fields": FIELDS, "roles": ROLES, "shop_types": SHOP_TYPES, "experiences": EXPERIENCES, "sizes": SHOP_SIZES,
        "plans": PLANS, "units": UNITS, "credentials": CREDENTIALS, "masters": tuple(masters),
        "unit_of_plan": tuple(UNITS.index(RATE_UNIT[plan]) for plan in PLANS),
        "layout": (layout,), "cutoff": (cutoff.toordinal(),), "window": ((cutoff - timedelta(days=window_days)).toordinal(),),
    }  # fmt: skip
    lines = (" ".join([name, *map(str, words)]) for name, words in lists.items())
    (folder / "tables").write_text("\n".join(lines) + "\n")
    (folder / "chains").write_bytes(chains().astype("<i4").tobytes())


def chains() -> Array:
    """The numbers of nation, division, state and metro of each ZIP; -1 where there is none."""
    number = {name: n for n, name in enumerate(geographies())}
    found = np.full((100_000, 4), -1, np.int32)
    for zip_code, place in zips().items():
        found[int(zip_code)] = [number[name] if name else -1 for name in chain(place)]
    return found


def renumbered(theirs: Sequence[str], ours: Sequence[str]) -> Array:
    """Their number of a code plus one -> our number plus one; 0, which is "all", stays. Padded, as all are looked up."""
    found = np.zeros(64, np.int64)
    found[1 : len(theirs) + 1] = [1 + ours.index(code) for code in theirs]
    return found


__all__ = ["PLANS", "UNITS", "renumbered", "write_tables"]
