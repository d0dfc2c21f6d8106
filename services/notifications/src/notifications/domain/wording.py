"""Words for codes, days and moments, as a person in the United States writes them."""

import re
from datetime import date, datetime

from notifications.domain.quiet_hours import zone_of

# Where a code's own words in their order are not what people say.
KIND_WORDS = {
    "internship_paid": "paid internship",
    "internship_unpaid": "unpaid internship",
    "co_op": "co-op",
    "advisory_committee": "advisory committee member",
}
UNCOUNTED = ("instructor training", "curriculum review")
MEASURE_WORDS = {
    "pay": "pay",
    "technician-pay": "technicians' own pay",
    "benefits": "benefits",
    "labor-rates": "labor rates",
}

MOVED_WORDS = {
    "benefits": "The share of shops that offer the benefit that you follow",
    "labor-rates": "The median of the labor rate that you follow",
}
# A span of years of experience, or of how many people work in a shop.
_BAND = re.compile(r"(y?)([0-9]+)_([0-9]+|plus)")


def kind_words(kind: str) -> str:
    """`guest_speaker` is a guest speaker."""
    return KIND_WORDS.get(kind, kind.replace("_", " "))


def with_article(words: str) -> str:
    """`an internship`, `a guest speaker`."""
    if words in UNCOUNTED:
        return words
    return f"{'an' if words[:1] in 'aeiou' else 'a'} {words}"


def day_words(day: str | date) -> str:
    """`February 1, 2027`"""
    day = date.fromisoformat(day) if isinstance(day, str) else day
    return f"{day:%B} {day.day}, {day.year}"


def span_words(starts_on: str | None, ends_on: str | None) -> str:
    """`between February 1, 2027 and February 28, 2027`; empty where nothing was said."""
    if starts_on and ends_on:
        return (
            f"on {day_words(starts_on)}"
            if starts_on == ends_on
            else f"between {day_words(starts_on)} and {day_words(ends_on)}"
        )
    if starts_on:
        return f"from {day_words(starts_on)}"
    return f"until {day_words(ends_on)}" if ends_on else ""


def moment_words(at: str | datetime, zone: str | None) -> str:
    """`Friday, January 15, 2:00 PM EST`, where the reader lives."""
    at = datetime.fromisoformat(at) if isinstance(at, str) else at
    here = at.astimezone(zone_of(zone))
    hour = here.hour % 12 or 12
    return f"{here:%A, %B} {here.day}, {hour}:{here:%M} {'AM' if here.hour < 12 else 'PM'} {here.tzname()}"


def short_moment(at: str | datetime, zone: str | None) -> str:
    """`Jan 15, 2 PM`, for a text."""
    at = datetime.fromisoformat(at) if isinstance(at, str) else at
    here = at.astimezone(zone_of(zone))
    minutes = f":{here:%M}" if here.minute else ""
    return f"{here:%b} {here.day}, {here.hour % 12 or 12}{minutes} {'AM' if here.hour < 12 else 'PM'}"


def miles_words(miles: int) -> str:
    """`12 miles away`; next door is less than one."""
    if miles == 0:
        return "less than a mile away"
    return "1 mile away" if miles == 1 else f"{miles} miles away"


def cell_words(cell: str) -> str:
    """`pay of tech a, independent repair, PA` for `pay|state:PA|tech_a|independent_repair|*|*`."""
    measure, geography, *filters = cell.split("|")
    said = [part.partition("=")[2] or part for part in filters if part != "*"]
    place = geography.partition(":")[2]
    words = ", ".join([*map(_code_words, said), place])
    return f"{MEASURE_WORDS.get(measure, measure)}: {words}"


def _code_words(code: str) -> str:
    """`tech a` for `tech_a`; `5 to 9 years` for the experience `y5_9`, `3 to 5 people` for the size `3_5`."""
    if (band := _BAND.fullmatch(code)) is None:
        return code.replace("_", " ")
    years, fewest, most = band.groups()
    what = "years" if years else "people"
    return f"{fewest} {what} and more" if most == "plus" else f"{fewest} to {most} {what}"


def moved_words(cell: str) -> str:
    """What is followed of a cell, as the beginning of a sentence."""
    return MOVED_WORDS.get(cell.partition("|")[0], "The median that you follow")


def figure_words(number: str, cell: str) -> str:
    """A released number of a cell: `65 percent` of benefits, `$27.00 an hour` of everything else."""
    return f"{number} percent" if cell.partition("|")[0] == "benefits" else f"${number} an hour"
