"""Cuts the slices in `data/` out of the public lists that its README names: `python -m driveline.demo.cut FOLDER`."""

import csv
import gzip
import hashlib
import io
import re
import sys
from collections.abc import Iterable
from pathlib import Path

from driveline.demo.sources import DATA

OURS = ("47.0600", "47.0603", "47.0604", "47.0605", "47.0613")
SCHOOL_COLUMNS = ("UNITID", "INSTNM", "ADDR", "CITY", "STABBR", "ZIP", "SECTOR", "LONGITUD", "LATITUDE")
TRADE = re.compile(
    r"\b(AUTO\w*|GARAGE|SERVICE|SERV|REPAIRS?|TIRES?|MOTORS?|BODY|COLLISION|TRUCKS?|DIESEL|LUBE|MUFFLERS?|TRANSMISSIONS?"
    r"|FORD|CHEVROLET|TOYOTA|HONDA|NISSAN|SUBARU|HYUNDAI|KIA|BUICK|CHRYSLER|DODGE|JEEP|CARS?|ALIGNMENT|FLEET)\b"
)
STATIONS = 2800
OCCUPATIONS = ("49-1011", "49-3021", "49-3022", "49-3023", "49-3031")
OEWS_COLUMNS = ("OCC_CODE", "OCC_TITLE", "TOT_EMP", "H_MEAN", "H_PCT10", "H_PCT25", "H_MEDIAN", "H_PCT75", "H_PCT90")


def _read(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt", newline="") as lines:
        return list(csv.DictReader(lines))


def _write(name: str, columns: Iterable[str], rows: Iterable[dict[str, str]]) -> int:
    """Writes a reproducible gzip (no name, no time in its header)."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(columns), extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    kept = list(rows)
    writer.writerows(kept)
    (DATA / name).write_bytes(gzip.compress(text.getvalue().encode(), 9, mtime=0))
    return len(kept)


def schools(folder: Path) -> list[dict[str, str]]:
    """Every school with completions in one of our five CIP codes; 800 of them in collision, automotive or diesel."""
    rows = _read(folder / "auto_schools_2024_geocoded.csv.gz")
    return [row for row in rows if any(float(row[f"cip_{cip}"] or 0) > 0 for cip in OURS)]


def stations(folder: Path) -> list[dict[str, str]]:
    """One row an owner's name, of the motor trade by that name, four-wheeled; thinned alike in every county."""
    order = lambda row: hashlib.sha256(row["ois_no"].encode()).hexdigest()  # noqa: E731
    named: dict[str, dict[str, str]] = {}
    for row in sorted(_read(folder / "pa_inspection_stations_2025-11.csv.gz"), key=order):
        owner = re.sub(r"\W+(LLC|INC|LTD|CO|CORP|LP)\b|\W+", "", row["station_name"].upper())
        wheels = "TRUE" in (row["passenger_light"], row["medium"], row["heavy"])
        if wheels and TRADE.search(row["station_name"].upper()) and re.fullmatch("[0-9]{5}", row["zip5"]):
            named.setdefault(owner, row)
    by_county: dict[str, list[dict[str, str]]] = {}
    for row in named.values():
        by_county.setdefault(row["county"], []).append(row)
    share = STATIONS / len(named)
    kept = [row for rows in by_county.values() for row in rows[: max(5, round(len(rows) * share))]]
    return sorted(kept, key=lambda row: (row["county"], row["ois_no"]))


def establishments(folder: Path) -> list[dict[str, str]]:
    """How many repair businesses (NAICS 8111) each county has, yearly mean of 2012 to 2016.

    The list by county lacks Texas: such a state is one row without a county, from the list by state.
    """
    by_county = [
        {"state": row["st"], "county_fips": row["id"].zfill(5), "establishments": row["estab"]}
        for row in _read(folder / "cbp_county_naics4_auto_2012-2016avg.csv.gz")
        if row["relevant_naics"] == "8111" and float(row["estab"]) >= 1
    ]
    there = {row["state"] for row in by_county}
    by_state = [
        {"state": row["st"], "county_fips": "", "establishments": row["estab_api"]}
        for row in _read(folder / "cbp_state_naics_auto_2012-2016avg.csv.gz")
        if row["relevant_naics"] == "8111" and row["st"] not in there
    ]
    return [*by_county, *by_state]


def main() -> None:
    folder = Path(sys.argv[1])
    cips = [f"cip_{cip}" for cip in OURS]
    print(_write("schools.csv.gz", (*SCHOOL_COLUMNS, *cips), schools(folder)), "schools")
    kept = stations(folder)
    print(_write("pa-stations.csv.gz", kept[0], kept), "stations")
    print(
        _write("repair-establishments.csv.gz", ("state", "county_fips", "establishments"), establishments(folder)),
        "counties",
    )
    oews = [r for r in _read(folder / "oews_national_M2025.csv.gz") if r["OCC_CODE"] in OCCUPATIONS]
    print(_write("oews-national.csv.gz", OEWS_COLUMNS, (r for r in oews if r["O_GROUP"] == "detailed")), "occupations")
    means = (folder / "oews_state_mean_hourly_493023_M2025.csv").read_text()
    (DATA / "oews-state-mean.csv").write_text(means)


if __name__ == "__main__":
    main()
