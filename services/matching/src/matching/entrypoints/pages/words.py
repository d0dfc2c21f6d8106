"""Words of the pages: kinds of partnership, days, moments and places as people say them."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from contracts.zips import zips

KINDS = {
    "guest_speaker": "a guest speaker",
    "shop_tour": "a tour of a shop",
    "job_shadow": "a day of job shadowing",
    "internship_paid": "a paid internship",
    "registered_apprenticeship": "a registered apprenticeship",
    "job": "a job",
    "mentor": "a mentor",
    "advisory_committee": "a member for an advisory committee",
    "equipment_donation": "a donation of equipment",
    "vehicle_donation": "a donated vehicle",
    "scholarship": "a scholarship",
    "classroom_demo": "a demonstration in class",
    "field_trip": "a field trip",
    "internship_unpaid": "an unpaid internship",
    "co_op": "a co-op placement",
    "youth_apprenticeship": "a youth apprenticeship",
    "summer_job": "a summer job",
    "mock_interview": "mock interviews",
    "career_fair": "a booth at a career fair",
    "curriculum_review": "a review of the curriculum",
    "instructor_externship": "an externship for an instructor",
    "instructor_training": "training for an instructor",
    "tool_donation": "donated tools",
    "parts_donation": "donated parts",
    "consumables_donation": "donated consumables",
    "software_license": "a software license",
    "sponsorship": "a sponsorship",
    "competition_judge": "a judge for a competition",
    "hiring_interview": "hiring interviews",
}


def kind(code: str) -> str:
    """Such as `a guest speaker`; a kind that is newer than this version is shown by its code."""
    return KINDS.get(code, code.replace("_", " "))


def day(when: date) -> str:
    """Such as `February 1, 2027`."""
    return f"{when:%B} {when.day}, {when.year}"


def days(first: date | None, last: date | None) -> str | None:
    """A day, or from one to the other; None when no day is named."""
    if first is None or last is None or first == last:
        named = first or last
        return day(named) if named else None
    return f"{day(first)} to {day(last)}"


def moment(when: datetime, timezone: str) -> str:
    """Such as `Friday, November 27, 2026, 10:05 AM (EST)`, by the clocks there."""
    there = when.astimezone(ZoneInfo(timezone))
    hour = there.hour % 12 or 12
    return f"{there:%A}, {day(there.date())}, {hour}:{there:%M %p (%Z)}"


def town(zip5: str) -> str:
    """Such as `York, PA 17401`."""
    place = zips().get(zip5)
    return f"{place.city}, {place.state} {zip5}" if place else zip5


def miles(count: int) -> str:
    """Such as `19 miles`."""
    return {0: "less than a mile", 1: "1 mile"}.get(count, f"{count} miles")
