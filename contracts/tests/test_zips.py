"""The ZIP reference, by places that anyone can look up."""

from __future__ import annotations

import pytest
from contracts.zips import Zip, is_zip, zips


def test_a_town_with_a_metro() -> None:
    assert zips()["17350"] == Zip(
        "17350", "New Oxford", "PA", "42001", 39.8775, -77.0643, "America/New_York", "23900", "Gettysburg, PA", "Middle Atlantic"
    )  # fmt: skip


def test_puerto_rico_has_metros_and_no_division() -> None:
    san_juan = zips()["00901"]
    assert (san_juan.state, san_juan.division, san_juan.cbsa) == ("PR", None, "41980")


def test_the_country_has_no_metro_everywhere() -> None:
    jordan = zips()["59337"]  # Garfield County, Montana
    assert (jordan.state, jordan.cbsa, jordan.cbsa_title, jordan.division) == ("MT", None, None, "Mountain")


def test_the_table_is_whole_and_never_shrinks() -> None:
    assert len(zips()) >= 41_763
    assert len({z.division for z in zips().values()} - {None}) == 9
    assert all(-90 <= z.lat <= 90 and -180 <= z.lon <= 180 for z in zips().values())


@pytest.mark.parametrize("text", ["", "1735", "17350-1234", "99999", " 17350", "17350\n", "１７３５０"])
def test_what_is_no_zip(text: str) -> None:
    assert not is_zip(text)
