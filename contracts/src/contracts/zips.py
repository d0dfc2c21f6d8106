"""The ZIP reference: where a ZIP lies, and which state, metro and Census division it belongs to."""

from __future__ import annotations

import csv
import gzip
import io
import re
from functools import cache
from importlib.resources import files
from typing import NamedTuple

_FIVE_DIGITS = re.compile(r"[0-9]{5}")


class Zip(NamedTuple):
    """One ZIP. `cbsa` and `division` are None where there is no metro or no Census division; lat and lon in degrees."""

    zip: str
    city: str
    state: str
    county_fips: str
    lat: float
    lon: float
    timezone: str
    cbsa: str | None
    cbsa_title: str | None
    division: str | None


@cache
def zips() -> dict[str, Zip]:
    """Return every ZIP of the reference table, read once."""
    packed = files("contracts").joinpath("reference", "zip_county_cbsa_division.csv.gz").read_bytes()
    rows = csv.reader(io.StringIO(gzip.decompress(packed).decode("utf-8"), newline=""))
    at = {name: i for i, name in enumerate(next(rows))}
    code, city, state, county, lat, lon = (at[n] for n in ("zip_code", "city", "state", "county_fips", "lat", "lon"))
    zone, cbsa, title, division = (at[n] for n in ("timezone", "cbsacode", "cbsatitle", "Division"))
    return {
        r[code]: Zip(
            r[code], r[city], r[state], r[county], float(r[lat]), float(r[lon]), r[zone],
            r[cbsa] or None, r[title] or None, r[division] or None,
        )
        for r in rows
    }  # fmt: skip


def is_zip(value: str) -> bool:
    """Say whether a text is a ZIP of the table."""
    return _FIVE_DIGITS.fullmatch(value) is not None and value in zips()
