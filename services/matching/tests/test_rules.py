"""The rules by themselves: distance, capacity, deadlines, who suits; values worked out by hand."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from matching.domain.candidates import nearest_first, suits
from matching.domain.capacity import free, period_of
from matching.domain.deadlines import closes_at, offerer_answers_until, requester_answers_until
from matching.domain.distance import box, miles
from matching.domain.need import Need
from matching.domain.offer import Candidate, Offer
from matching.domain.site import Point
from matching.domain.terms import Terms

YORK = Point(39.96, -76.73, "America/New_York")
NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
TERMS = Terms()


def need(**fields: Any) -> Need:
    asked = {"need_id": "n-7", "member_id": "school-3", "revision": 1, "kind": "guest_speaker", "zip": "17401"}
    return Need(**{**asked, "point": YORK, "closes_at": NOW + timedelta(days=14), **fields})


def candidate(offer_id: str = "o-9", east: float = 0.0, **fields: Any) -> Candidate:
    """`east` is how many degrees of longitude away, of 53 miles each there."""
    standing = {name: fields.pop(name) for name in ("status", "shop_types") if name in fields}
    made = {"offer_id": offer_id, "member_id": "shop-42", "revision": 1, "kind": "guest_speaker", "zip": "17350"}
    offer = Offer(**{**made, "point": Point(39.96, -76.73 + east, "America/New_York"), **fields})
    return Candidate(offer, **{"status": "active", "shop_types": frozenset({"quick_lube"}), **standing})


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ((40.7128, -74.0060), (34.0522, -118.2437), 2445.6),  # New York to Los Angeles
        ((39.96, -76.73), (39.96, -76.73), 0.0),
        ((0.0, 0.0), (0.0, 180.0), 12437.0),  # half around
        ((21.3, -157.8), (21.3, 157.8), 2861.0),  # over the date line
    ],
)
def test_miles(one: tuple[float, float], other: tuple[float, float], expected: float) -> None:
    assert miles(Point(*one, "UTC"), Point(*other, "UTC")) == pytest.approx(expected, rel=0.01)


@given(
    lat=st.floats(-60, 72), lon=st.floats(-170, -60), radius=st.integers(1, 500),
    north=st.floats(-8, 8), east=st.floats(-9, 9),
)  # fmt: skip
def test_what_is_within_the_radius_is_within_the_box(
    lat: float, lon: float, radius: int, north: float, east: float
) -> None:
    centre, other = Point(lat, lon, "UTC"), Point(lat + north, lon + east, "UTC")
    low, high, west, right = box(centre, radius)
    if miles(centre, other) <= radius:
        assert low <= other.lat <= high
        assert west <= other.lon <= right


@pytest.mark.parametrize(
    ("period", "day", "first", "last"),
    [
        ("week", "2027-02-03", "2027-02-01", "2027-02-07"),
        ("week", "2027-01-01", "2026-12-28", "2027-01-03"),
        ("month", "2028-02-10", "2028-02-01", "2028-02-29"),
        ("month", "2027-12-31", "2027-12-01", "2027-12-31"),
        ("quarter", "2027-02-10", "2027-01-01", "2027-03-31"),
        ("quarter", "2027-12-31", "2027-10-01", "2027-12-31"),
        ("year", "2027-02-10", "2027-01-01", "2027-12-31"),
        ("once", "2027-02-10", "0001-01-01", "9999-12-31"),
        (None, "2027-02-10", "0001-01-01", "9999-12-31"),
    ],
)
def test_periods(period: str | None, day: str, first: str, last: str) -> None:
    found = period_of(period, date.fromisoformat(day))
    assert found == (date.fromisoformat(first), date.fromisoformat(last))


@given(st.sampled_from(["week", "month", "quarter", "year", "once", None]), st.dates(), st.integers(-400, 400))
def test_periods_never_overlap_and_leave_no_gap(period: str | None, day: date, days: int) -> None:
    first, last = period_of(period, day)
    assert first <= day <= last
    if (other := day.toordinal() + days) in range(1, date.max.toordinal()):
        inside = first <= date.fromordinal(other) <= last
        assert inside == (period_of(period, date.fromordinal(other)) == (first, last))


def test_free_capacity_is_never_below_nothing() -> None:
    taken = {date(2027, 2, 1): 2, date(2027, 2, 28): 1, date(2027, 3, 1): 5}
    assert [free(capacity, "month", date(2027, 2, 14), taken) for capacity in (1, 3, 4)] == [0, 0, 1]
    assert free(9, "year", date(2027, 2, 14), taken) == 1


@pytest.mark.parametrize(
    ("answer_by", "zone", "closes"),
    [
        ("2027-01-15", "America/New_York", "2027-01-16T05:00:00"),
        ("2027-07-15", "America/New_York", "2027-07-16T04:00:00"),
        ("2027-01-15", "Pacific/Honolulu", "2027-01-16T10:00:00"),
        ("9999-12-31", "Pacific/Honolulu", "9999-12-30T10:00:00"),
        (None, "America/New_York", "2026-12-08T15:00:00"),
    ],
)
def test_a_need_closes_with_its_day_where_it_is(answer_by: str | None, zone: str, closes: str) -> None:
    day = date.fromisoformat(answer_by) if answer_by else None
    assert closes_at(day, zone, NOW, TERMS) == datetime.fromisoformat(closes).replace(tzinfo=UTC)


def test_the_business_answers_before_the_need_closes_and_the_school_always_has_the_whole_window() -> None:
    assert offerer_answers_until(need(), NOW, TERMS) == NOW + timedelta(hours=72)
    soon = need(closes_at=NOW + timedelta(hours=5))
    assert offerer_answers_until(soon, NOW, TERMS) == NOW + timedelta(hours=5)
    assert requester_answers_until(NOW, TERMS) == NOW + timedelta(hours=72)


def test_capacity_is_judged_by_the_day_it_takes_place_or_today_where_it_is() -> None:
    assert need(starts_on=date(2027, 2, 1)).day(NOW) == date(2027, 2, 1)
    late = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)  # still the evening before in York
    assert need().day(late) == date(2026, 11, 24)


@pytest.mark.parametrize(
    ("asked", "given_", "expected"),
    [
        ({}, {}, True),
        ({"kind": "mentor"}, {}, False),
        ({"member_id": "shop-42"}, {}, False),
        ({}, {"withdrawn": True}, False),
        ({}, {"status": "grace"}, True),
        ({}, {"status": "lapsed"}, False),
        ({}, {"status": "pending"}, False),
        ({}, {"status": None}, False),
        ({"shop_types": ("quick_lube", "dealership_service")}, {}, True),
        ({"shop_types": ("dealership_service",)}, {}, False),
        ({"shop_types": ("quick_lube",)}, {"shop_types": frozenset()}, False),
        ({}, {"shop_types": frozenset()}, True),
        ({}, {"east": 0.45}, True),  # 24 miles
        ({}, {"east": 0.48}, False),  # 26 miles, and a need that does not say looks 25 around
        ({"radius_miles": 60}, {"east": 0.9}, True),  # 48 miles, and an offer that does not say goes 50
        ({"radius_miles": 60}, {"east": 1.0}, False),  # 53 miles
        ({"radius_miles": 60}, {"east": 0.9, "radius_miles": 40}, False),
    ],
)
def test_who_suits(asked: dict[str, Any], given_: dict[str, Any], expected: bool) -> None:
    assert suits(need(**asked), candidate(**given_), TERMS) is expected


def test_the_nearest_comes_first_and_of_two_equally_near_the_smaller_id() -> None:
    there = [candidate("o-3", 0.2), candidate("o-2", 0.1), candidate("o-1", -0.2), candidate("o-4", 0.9)]
    assert [c.offer.offer_id for c in nearest_first(need(), there, TERMS)] == ["o-2", "o-1", "o-3"]
