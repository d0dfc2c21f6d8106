"""Importing the school list and the station list: verified members, once, however often it is done."""

import asyncio
import csv
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
import typer
from membership.entrypoints.command_line import import_file
from membership_system import Log, System
from typer.testing import CliRunner

STATION = {
    "county": "ADAMS",
    "station_name": "1stop Auto",
    "ois_no": "ZZ91",
    "address": "4800 YORK RD , NEW OXFORD PA 17350-9401",
    "passenger_light": "TRUE",
    "medium": "TRUE",
    "heavy": "FALSE",
    "motorcycle": "FALSE",
    "light_trailer": "TRUE",
    "heavy_trailer": "FALSE",
    "zip5": "17350",
}
SCHOOL = {
    "UNITID": "909090",
    "INSTNM": "Gadsden State Community College",
    "ADDR": "1001 George Wallace Dr",
    "CITY": "Gadsden",
    "STABBR": "AL",
    "ZIP": "35903-1234",
    "SECTOR": "4",
    "cip_47.0603": "12",
    "cip_47.0604": "0",
    "cip_47.0605": "3",
    "cip_47.0607": "40",
}


def counts(answer: dict[str, Any]) -> tuple[int, ...]:
    assert "rows" in answer, answer
    return tuple(answer[name] for name in ("rows", "joined", "merged", "unchanged", "not_ours"))


async def test_a_station_becomes_a_verified_shop_once(api: httpx.AsyncClient, log: Log) -> None:
    body = {"list": "pa-stations", "rows": [STATION], "verified_on": "2026-01-15"}
    first, again = (await api.post("/v1/imports", json=body)).json(), (await api.post("/v1/imports", json=body)).json()
    assert (counts(first), counts(again)) == ((1, 1, 0, 0, 0), (1, 0, 0, 1, 0))
    member_id = first["members"]["ZZ91"]
    assert again["members"] == {"ZZ91": member_id}
    assert await log.bodies("member.joined", member_id=member_id) == [
        {
            "member_id": member_id,
            "revision": 1,
            "kind": "business",
            "status": "active",
            "verified_on": "2026-01-15",
            "name": "1stop Auto",
            "address": "4800 York Rd",
            "city": "New Oxford",
            "state": "PA",
            "zip": "17350",
            "external_ids": [{"scheme": "pa-ois", "id": "ZZ91"}],
            "shop_type": "independent_repair",
            "size": None,
            "ownership": "single",
            "locations": [{"location_id": "pa-ois-zz91", "zip": "17350", "shop_type": "independent_repair"}],
            "level": None,
            "programs": [],
        }
    ]


async def test_a_school_has_the_programs_it_completed_and_no_others(api: httpx.AsyncClient, log: Log) -> None:
    other = SCHOOL | {"UNITID": "909091", "cip_47.0603": "0", "cip_47.0605": ""}
    answer = (await api.post("/v1/imports", json={"list": "schools", "rows": [SCHOOL, other]})).json()
    assert counts(answer) == (2, 1, 0, 0, 1)
    [joined] = await log.bodies("member.joined", member_id=answer["members"]["909090"])
    assert (joined["kind"], joined["level"], joined["zip"]) == ("school", "community_college", "35903")
    assert [(program["program_id"], program["cip"], program["enrolled"]) for program in joined["programs"]] == [
        ("ipeds-909090-47.0603", "47.0603", None),
        ("ipeds-909090-47.0605", "47.0605", None),
    ]


async def test_stations_under_one_legal_name_have_one_owner(api: httpx.AsyncClient, log: Log) -> None:
    def station(number: str, name: str, address: str, zip5: str) -> dict[str, str]:
        return STATION | {"ois_no": number, "station_name": name, "address": address, "zip5": zip5}

    rows = [
        station("ZA01", "Zed Tire Supply, LLC", "1 MAIN ST , YORK PA 17401", "17401"),
        station("ZA02", "Zed Tire Supply LLC.", "2 OAK ST , HANOVER PA 17331", "17331"),
        station("ZA03", "Zeds Garage", "3 ELM ST , YORK PA 17401", "17401"),
        station("ZA04", "Zeds Garage", "4 ELM ST , HANOVER PA 17331", "17331"),
        station("ZA05", "Zed Tire Supply, LLC", "5 FIR ST , YORK PA 17401", "17401"),
    ]
    answer = (await api.post("/v1/imports", json={"list": "pa-stations", "rows": rows[:4]})).json()
    assert counts(answer) == (4, 3, 1, 0, 0)
    members = answer["members"]
    assert members["ZA01"] == members["ZA02"]
    assert len(set(members.values())) == 3
    [joined] = await log.bodies("member.joined", member_id=members["ZA01"])
    assert (joined["revision"], joined["shop_type"], joined["ownership"]) == (1, "tire_store", "small_group")
    assert [place["location_id"] for place in joined["locations"]] == ["pa-ois-za01", "pa-ois-za02"]
    more = (await api.post("/v1/imports", json={"list": "pa-stations", "rows": rows})).json()
    assert counts(more) == (5, 0, 1, 4, 0)
    [updated] = await log.bodies("member.updated", member_id=members["ZA01"])
    assert (updated["revision"], len(updated["locations"])) == (2, 3)


async def test_a_row_that_is_none_is_named_and_the_others_go_on(api: httpx.AsyncClient) -> None:
    rows = [
        STATION | {"ois_no": None},
        STATION | {"ois_no": "ZB01", "station_name": "Zb Auto"},
        STATION | {"ois_no": "ZB02", "station_name": "Z" * 201},
        STATION | {"ois_no": "ZB03", "zip5": "1735"},
    ]
    answer = (await api.post("/v1/imports", json={"list": "pa-stations", "rows": rows})).json()
    assert answer["refused"] == [
        {"row": 1, "reason": "ois_no: is missing"},
        {"row": 3, "reason": "name: is longer than 200 characters"},
        {"row": 4, "reason": "zip: '1735' is not a ZIP of five digits"},
    ]
    assert counts(answer) == (4, 1, 0, 0, 0)


async def test_the_command_imports_a_slice_of_a_file(system: System, tmp_path: Path, log: Log) -> None:
    file = tmp_path / "stations.csv"
    with file.open("w", newline="") as text:
        table = csv.DictWriter(text, list(STATION))
        table.writeheader()
        table.writerows(STATION | {"ois_no": f"ZC{i:02}", "station_name": f"Zc Auto {i}"} for i in range(30))
    options = ["--verified-on", "2026-02-03", "--skip", "5", "--limit", "20", "--json"]
    command = [sys.executable, "-m", "membership.import_registry", str(file), *options]
    done = await asyncio.to_thread(
        subprocess.run, command, env=system.environment("none"), capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    imported = json.loads(done.stdout)
    assert counts(imported) == (20, 20, 0, 0, 0)
    assert sorted(imported["members"]) == [f"ZC{i:02}" for i in range(5, 25)]
    [joined] = await log.bodies("member.joined", member_id=imported["members"]["ZC05"])
    assert joined["verified_on"] == "2026-02-03"


@pytest.mark.parametrize(
    ("name", "content", "line"),
    [
        ("other.csv", b"a,b\n1,2\n", "is neither the school list (column UNITID) nor the station list (column ois_no)"),
        ("broken.csv.gz", b"no gzip", "not imported (Not a gzipped file (b'no'))"),
    ],
)
def test_the_command_says_on_one_line_what_a_file_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, content: bytes, line: str
) -> None:
    monkeypatch.setenv("DRIVELINE_POSTGRES", "postgresql+asyncpg://nobody@127.0.0.1:1/none")
    (tmp_path / name).write_bytes(content)
    command = typer.Typer()
    command.command()(import_file)
    done = CliRunner().invoke(command, [str(tmp_path / name)])
    assert (done.exit_code, done.output) == (1, f"{tmp_path / name}: {line}\n")
