"""The laws of quiet hours, segments, consent, codes, names of parts, movements and retries."""

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import smsutil
from hypothesis import given
from hypothesis import strategies as st
from notifications.domain.consent import allowed, stated
from notifications.domain.movement import movement
from notifications.domain.part_names import as_receipted, as_submitted, name_of
from notifications.domain.quiet_hours import WakingHours
from notifications.domain.retrying import MOST_ATTEMPTS, next_attempt
from notifications.domain.segments import octets, segments
from notifications.domain.short_code import short_code

ZONES = [
    "America/New_York",
    "America/Phoenix",
    "America/Los_Angeles",
    "Pacific/Honolulu",
    "America/St_Johns",
    "America/Puerto_Rico",
]
moments = st.datetimes(datetime(2026, 1, 1), datetime(2029, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(now=moments, zone=st.sampled_from(ZONES))
def test_whatever_is_held_comes_at_eight_in_the_morning_there_and_no_later_than_needed(
    now: datetime, zone: str
) -> None:
    waking = WakingHours()
    until = waking.hold_until(now, zone)
    here = now.astimezone(ZoneInfo(zone))
    if until is None:
        assert 8 <= here.hour < 21
    else:
        assert here.hour < 8 or here.hour >= 21
        assert (there := until.astimezone(ZoneInfo(zone))).time() == time(8)
        assert timedelta(0) < until - now <= timedelta(hours=12)
        assert (there.date() - here.date()).days == (0 if here.hour < 8 else 1)
        assert waking.hold_until(until, zone) is None


@pytest.mark.parametrize(
    ("now", "zone", "until"),
    [
        ("2027-03-14T06:59:00+00:00", "America/New_York", "2027-03-14T12:00:00+00:00"),  # the night of 7 hours less
        ("2027-11-07T03:00:00+00:00", "America/New_York", "2027-11-07T13:00:00+00:00"),  # and of one hour more
        ("2027-07-01T12:00:00+00:00", "America/New_York", None),
        ("2027-07-01T11:59:59+00:00", "America/New_York", "2027-07-01T12:00:00+00:00"),
        ("2027-07-02T00:59:59+00:00", "America/New_York", None),
        ("2027-07-02T01:00:00+00:00", "America/New_York", "2027-07-02T12:00:00+00:00"),
        # Without a zone: from eight in Los Angeles to nine in New York.
        ("2027-07-02T00:59:59+00:00", None, None),
        ("2027-07-02T01:00:00+00:00", None, "2027-07-02T15:00:00+00:00"),
        ("2027-07-02T14:59:59+00:00", None, "2027-07-02T15:00:00+00:00"),
        ("2027-07-02T15:00:00+00:00", None, None),
        ("2027-07-02T01:00:00+00:00", "Mars/Olympus", "2027-07-02T15:00:00+00:00"),
        ("2027-07-02T01:00:00+00:00", "../../etc/passwd", "2027-07-02T15:00:00+00:00"),
    ],
)
def test_the_edges_of_the_night(now: str, zone: str | None, until: str | None) -> None:
    held = WakingHours().hold_until(datetime.fromisoformat(now), zone)
    assert held == (datetime.fromisoformat(until) if until else None)


@given(now=moments)
def test_waking_hours_may_be_always(now: datetime) -> None:
    assert WakingHours.of("00:00-24:00").hold_until(now, "America/New_York") is None


@pytest.mark.parametrize("text", ["", "8-21", "21:00-08:00", "08:00", "25:00-26:00"])
def test_what_are_no_hours_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not two times|ends before"):
        WakingHours.of(text)


GSM = st.text(alphabet="abc XYZ 019 @£$¥èéù_{}[]~|€^\\\n", max_size=500)


@given(st.one_of(GSM, st.text(alphabet="aЖ🚗é{", max_size=300)))
def test_segments_put_together_are_the_text_and_each_fits(text: str) -> None:
    split = segments(text)
    assert "".join(split.parts) == text
    most = (160, 153) if split.gsm else (140, 134)
    for part in split.parts:
        assert len(octets(part, gsm=split.gsm)) <= most[len(split) > 1]
        assert (
            smsutil.decode(octets(part, gsm=True)) if split.gsm else octets(part, gsm=False).decode("utf-16-be")
        ) == part


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("Ж" * 70, 1),
        ("Ж" * 71, 2),
        ("a" * 152 + "€" + "a" * 10, 2),
        ("🚗" * 35, 1),
        ("🚗" * 36, 2),
    ],
)
def test_segments_are_counted_as_carriers_do(text: str, count: int) -> None:
    assert len(segments(text)) == count


statements = st.lists(
    st.fixed_dictionaries(
        {
            "channel": st.sampled_from(["email", "sms"]),
            "class": st.sampled_from(["transactional", "match", "digest", "marketing"]),
            "given": st.booleans(),
            "at": st.sampled_from(["2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"]),
        }
    ),
    max_size=8,
)


@given(statements, st.randoms())
def test_the_newest_statement_holds_in_whatever_order_they_stand(said: list[dict[str, Any]], random: Any) -> None:
    shuffled = random.sample(said, len(said))
    assert stated(said, "sms", "match") == stated(shuffled, "sms", "match")
    assert allowed(said, "email", "transactional")
    newest = max((s["at"] for s in said if (s["channel"], s["class"]) == ("sms", "match")), default=None)
    if newest is None:
        assert not allowed(said, "sms", "match")
        assert stated(said, "sms", "match") is None
    if allowed(said, "sms", "match"):
        assert all(s["given"] for s in said if (s["channel"], s["class"], s["at"]) == ("sms", "match", newest))


def test_without_a_word_mail_about_matches_comes_and_marketing_does_not() -> None:
    assert [allowed([], "email", c) for c in ("transactional", "match", "digest", "marketing")] == [
        True,
        True,
        True,
        False,
    ]
    assert not any(allowed([], "sms", c) for c in ("transactional", "match", "digest", "marketing"))


@given(st.lists(st.text(max_size=5), unique=True, max_size=60))
def test_open_questions_never_share_a_code_and_a_question_keeps_its_own(questions: list[str]) -> None:
    taken: set[str] = set()
    for question in questions:
        code = short_code(question, taken)
        assert len(code) == 4
        assert code not in taken
        assert short_code(question, taken) == code
        taken.add(code)


@given(st.integers(1, 2**63))
def test_a_receipt_finds_the_part_whether_it_counts_in_tens_or_in_sixteens(number: int) -> None:
    for submitted in (f"{number:x}", f"{number:X}", f"{number:010x}"):
        for receipt in (f"{number:x}", f"{number:08X}", str(number), f"{number:020}"):
            assert name_of(submitted) in as_submitted(receipt)
            assert as_submitted(receipt)[0] in as_receipted(submitted)


@given(st.decimals("0", "250", places=2), st.decimals("0", "250", places=2), st.decimals("0", "10", places=2))
def test_a_movement_is_measured_exactly(before: Any, now: Any, threshold: Any) -> None:
    moved = movement("pay", {"p50": str(now)}, {"p50": str(before)})
    assert moved is not None
    assert moved.reaches(str(threshold)) == (abs(now - before) >= threshold and now != before)


def test_a_movement_by_just_the_threshold_counts_and_a_cell_without_a_median_has_none() -> None:
    moved = movement("pay", {"p50": "0.30"}, {"p50": "0.10"})
    assert moved is not None
    assert moved.reaches("0.20")
    assert movement("pay", {"p25": "1.00"}, {"p50": "1.00"}) is None
    assert movement("pay", {"p50": "1.00"}, {}) is None


def test_of_benefits_the_share_is_followed_in_points_and_a_share_that_was_withheld_has_not_moved() -> None:
    moved = movement("benefits", {"share": "65"}, {"share": "70"})
    assert moved is not None
    assert (moved.before, moved.now, moved.up) == ("70", "65", False)
    assert moved.reaches("5")
    assert not moved.reaches("5.0001")
    assert movement("benefits", {}, {"share": "70"}) is None
    assert movement("benefits", {"share": "65"}, {}) is None
    assert movement("benefits", {"p50": "10.00"}, {"p50": "12.00"}) is None
    assert movement("labor-rates", {"p50": "145.00"}, {"p50": "140.00"}) is not None


def test_attempts_are_made_further_and_further_apart_and_come_to_an_end() -> None:
    now = datetime(2027, 1, 1, tzinfo=UTC)
    pauses = []
    for attempts in range(1, MOST_ATTEMPTS):
        again = next_attempt(attempts, now)
        assert again is not None
        pauses.append(again - now)
    assert pauses[0] == timedelta(seconds=1)
    assert all(a <= b for a, b in pairwise(pauses))
    assert timedelta(hours=4) < sum(pauses, timedelta()) < timedelta(hours=6)
    assert next_attempt(MOST_ATTEMPTS, now) is None
