"""Reads the slices of public data that the demo stands on; `data/README.md` says where each comes from."""

import csv
import gzip
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

DATA = Path(__file__).resolve().parents[3] / "data"
POINTS = {"H_PCT10": 0.10, "H_PCT25": 0.25, "H_MEDIAN": 0.50, "H_PCT75": 0.75, "H_PCT90": 0.90}


class Official(NamedTuple):
    """One occupation of the BLS OEWS, nation, May 2025; hourly dollars at the points 0.10, 0.25, 0.50, 0.75, 0.90."""

    soc: str
    title: str
    employed: int
    percentiles: dict[float, Decimal]


class County(NamedTuple):
    """How many repair businesses a county has; without `fips`, a whole state whose counties are not listed."""

    state: str
    fips: str
    establishments: float


def _rows(name: str) -> list[dict[str, str]]:
    with gzip.open(DATA / name, "rt", newline="") as lines:
        return list(csv.DictReader(lines))


def schools() -> list[dict[str, str]]:
    """The schools as the IPEDS directory has them, with completions by CIP code."""
    return _rows("schools.csv.gz")


def stations() -> list[dict[str, str]]:
    """The inspection stations as Pennsylvania lists them."""
    return _rows("pa-stations.csv.gz")


def official() -> dict[str, Official]:
    """The official percentiles by occupation code."""
    return {
        row["OCC_CODE"]: Official(
            row["OCC_CODE"],
            row["OCC_TITLE"],
            int(row["TOT_EMP"]),
            {point: Decimal(row[column]) for column, point in POINTS.items()},
        )
        for row in _rows("oews-national.csv.gz")
    }


def state_means() -> dict[str, Decimal]:
    """The mean hourly pay of 49-3023 by state, with the nation under `US`."""
    with (DATA / "oews-state-mean.csv").open(newline="") as lines:
        return {row["state"]: Decimal(row["h_mean"]) for row in csv.DictReader(lines)}


def counties() -> list[County]:
    """The counties with their repair businesses."""
    return [
        County(row["state"], row["county_fips"], float(row["establishments"]))
        for row in _rows("repair-establishments.csv.gz")
    ]
