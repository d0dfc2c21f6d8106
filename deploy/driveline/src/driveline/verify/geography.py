"""Where a ZIP lies in the tree of cells: nation, division, state, metro; read straight from the table."""

import csv
import gzip
import io
from functools import cache
from importlib.resources import files
from itertools import pairwise


@cache
def table() -> dict[str, tuple[str, ...]]:
    """By ZIP the keys of its geographies, widest first; a ZIP without division or metro has no such key."""
    packed = files("contracts").joinpath("reference", "zip_county_cbsa_division.csv.gz").read_bytes()
    rows = csv.DictReader(io.StringIO(gzip.decompress(packed).decode(), newline=""))
    found = {}
    for row in rows:
        keys = ["nation:US"]
        if row["Division"]:
            keys.append(f"division:{row['Division']}")
        keys.append(f"state:{row['state']}")
        if row["cbsacode"]:
            keys.append(f"metro:{row['state']}:{row['cbsacode']}")
        found[row["zip_code"]] = tuple(keys)
    return found


@cache
def parents() -> dict[str, str]:
    """By geography the one a step wider in the tree; the nation has none. Puerto Rico's is the nation."""
    return {finer: wider for chain in table().values() for wider, finer in pairwise(chain)}


def above(geography: str) -> list[str]:
    """The geographies wider than this one, the nearest first."""
    found = []
    while geography in parents():
        geography = parents()[geography]
        found.append(geography)
    return found


def geographies(zip_code: str, finest: str) -> tuple[str, ...]:
    """The geographies of a ZIP down to the policy's finest."""
    keys = table()[zip_code]
    return tuple(key for key in keys if not key.startswith("metro:")) if finest == "state" else keys
