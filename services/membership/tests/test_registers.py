"""Reading the registers: what a row says of a member, and what is guessed."""

import csv
import gzip
from pathlib import Path

import pytest
from membership.domain.registries import schools, stations
from membership.domain.registries.shop_types import guess_shop_type

LIGHT = {"passenger_light", "light_trailer"}


@pytest.mark.parametrize(
    ("name", "classes", "shop_type"),
    [
        ("194 Imports Inc", LIGHT, "independent_repair"),
        ("Bergey'S Subaru", LIGHT, "dealership_service"),
        ("Performance Kia", LIGHT, "dealership_service"),
        ("Mavis Tire Supply, LLC", LIGHT, "tire_store"),
        ("Monro, Inc.", LIGHT, "franchise_chain"),
        ("Jiffy Lube #2880", LIGHT, "quick_lube"),
        ("Evolution Auto Body And Collision Center", LIGHT, "independent_collision"),
        ("Abra Auto Body & Glass", LIGHT, "collision_chain"),
        ("Battlefield Harley Davidson", {"motorcycle"}, "specialty"),
        ("Blacks", {"motorcycle"}, "specialty"),
        ("Kenworth Of Pennsylvania", {"heavy", "medium"}, "truck_dealer"),
        ("Cleveland Brothers", {"heavy", "heavy_trailer"}, "private_fleet"),
        ("Miller Truck Repair", {"heavy", "heavy_trailer"}, "independent_repair"),
        ("Township Of Abington", LIGHT, "government_fleet"),
        ("Harrys Mobile Repair & Fab LLC", LIGHT, "mobile_service"),
    ],
)
def test_a_shops_type_is_guessed_from_its_name_and_classes(name: str, classes: set[str], shop_type: str) -> None:
    assert guess_shop_type(name, classes) == shop_type


@pytest.mark.parametrize(
    ("sector", "name", "level"),
    [
        ("4", "Gadsden State Community College", "community_college"),
        ("1", "University of Alaska Anchorage", "community_college"),
        ("7", "Lake Technical College", "career_center"),
        ("7", "Polytech Adult Education", "adult_ed"),
        ("6", "Universal Technical Institute", "private_postsecondary"),
        ("", "Nobody Knows", None),
    ],
)
def test_a_schools_level_comes_from_its_sector(sector: str, name: str, level: str | None) -> None:
    row = {"UNITID": "1", "INSTNM": name, "STABBR": "PA", "ZIP": "17401", "SECTOR": sector, "cip_47.0604": "5"}
    found = schools.read(row)
    assert found is not None
    assert found.profile.level == level


def test_the_whole_school_list_gives_800_schools() -> None:
    found = [schools.read(row) for row in rows("schools.csv.gz")]
    assert len([row for row in found if row is not None]) == 800


def test_every_station_of_the_slice_is_a_shop_somewhere() -> None:
    found = [stations.read(row) for row in rows("pa-stations.csv.gz")]
    assert len(found) >= 2_000
    assert all(row is not None and row.profile.zip and row.profile.state for row in found)


def rows(name: str) -> list[dict[str, str]]:
    file = Path(__file__).parents[3] / "deploy/driveline/data" / name
    with gzip.open(file, "rt", encoding="utf-8-sig", newline="") as text:
        return list(csv.DictReader(text))
