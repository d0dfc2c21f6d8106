"""The official statistic beside every answer: OEWS percentiles of the nation, and the state's mean where there is one."""

import csv
from functools import cache
from importlib.resources import files
from typing import Any, Final

from exchange.domain.codes import ROLES

TECHNICIANS: Final = "49-3023"
# Source: domain.md, "role": to official occupations. Estimators and repair planners work in collision repair.
_BODY: Final = frozenset(
    {
        "body_tech", "disassembly_tech", "non_structural_tech", "structural_tech", "refinish_prepper", "painter",
        "estimator", "repair_planner",
    }
)  # fmt: skip
_DIESEL: Final = frozenset({"diesel_tech_1", "diesel_tech_2", "diesel_tech_3"})
_SUPERVISORS: Final = frozenset({"shop_foreman", "service_manager"})
_NONE: Final = frozenset({"service_advisor", "parts_specialist", "instructor"})


def occupation(role: str | None) -> str | None:
    """The SOC code of a role; 49-3023 without a role; None for a role that has no technician's occupation."""
    if role is None:
        return TECHNICIANS
    if role not in ROLES:
        raise KeyError(role)
    if role in _BODY:
        return "49-3021"
    if role in _DIESEL:
        return "49-3031"
    if role in _SUPERVISORS:
        return "49-1011"
    return None if role in _NONE else TECHNICIANS


@cache
def _nation() -> dict[str, dict[str, str]]:
    return {row["OCC_CODE"]: row for row in _rows("oews_national_M2025.csv")}


@cache
def _states() -> dict[str, str]:
    return {row["state"]: row["h_mean"] for row in _rows("oews_state_mean_hourly_493023_M2025.csv")}


def _rows(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(files("exchange.adapters.official").joinpath(name).read_text().splitlines()))


def official(role: str | None, state: str | None) -> dict[str, Any] | None:
    """`official` of an answer: {"soc", "title", "employed", "nation": {p10 ...}, "state": {"area", "mean"}}.

    A state's mean is known for 49-3023 only; `state` is absent where there is none. None for a role without occupation.
    """
    soc = occupation(role)
    if soc is None:
        return None
    row = _nation()[soc]
    columns = {"p10": "H_PCT10", "p25": "H_PCT25", "p50": "H_MEDIAN", "p75": "H_PCT75", "p90": "H_PCT90"}
    found: dict[str, Any] = {
        "soc": soc,
        "title": row["OCC_TITLE"],
        "employed": int(row["TOT_EMP"].replace(",", "")),
        "nation": {name: f"{float(row[column]):.2f}" for name, column in columns.items()},
    }
    if soc == TECHNICIANS and state in _states():
        found["state"] = {"area": state, "mean": f"{float(_states()[state]):.2f}"}
    return found
