"""The field types that events share: ids, plain numbers, days, moments, ZIPs, short text."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field, PlainSerializer, WithJsonSchema

from contracts.event import Refused, shown
from contracts.zips import is_zip

# Redis compares revisions in Lua, where numbers are doubles: beyond 2^53 two different revisions would look the same.
MAX_REVISION = 2**53 - 1
ID_LENGTH = 200

ID_PATTERN = r"^[^\u0000-\u001f\u007f-\u009f]{1,200}$"
TEXT_PATTERN = r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]*$"
PLAIN_PATTERN = r"^[0-9]{1,7}(\.[0-9]{1,4})?$"
CENTS_PATTERN = r"^[0-9]{1,7}\.[0-9]{2}$"
ZIP_PATTERN = r"^[0-9]{5}$"
TOPIC_PATTERN = r"^[a-z0-9][a-z0-9._-]{0,199}$"
CELL_PATTERN = r"^[A-Za-z0-9_:|*=. -]{1,300}$"
SLUG_PATTERN = r"^[a-z0-9][a-z0-9_-]{0,63}$"
STATE_PATTERN = r"^[A-Z]{2}$"
URL_PATTERN = r"^https?://[^\s\u0000-\u0020\u007f]{1,2000}$"
EMAIL_PATTERN = r"^[^@\s\u0000-\u0020\u007f]{1,64}@[^@\s\u0000-\u0020\u007f]{1,190}$"
PHONE_PATTERN = r"^\+[1-9][0-9]{6,14}$"
TIMEZONE_PATTERN = r"^[A-Za-z0-9_+/-]{1,64}$"
LANGUAGE_PATTERN = r"^[a-z]{2}(-[A-Z]{2})?$"
PERIOD_PATTERN = r"^[0-9]{4}(-(Q[1-4]|(0[1-9]|1[0-2])))?$"
DAY_PATTERN = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
MOMENT_PATTERN = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|\+00:00)$"

# What a value that fails a pattern is told it is not.
PATTERN_MEANING = {
    ID_PATTERN: f"is not an id (1 to {ID_LENGTH} characters, no control characters)",
    TEXT_PATTERN: "holds control characters",
    PLAIN_PATTERN: "is not a plain number (as text, up to 7 digits before the point and 4 after, no sign or exponent)",
    CENTS_PATTERN: "is not an amount to the cent, such as '27.00'",
    ZIP_PATTERN: "is not a ZIP of five digits",
    SLUG_PATTERN: "is not a code (lower case letters, digits, '_' and '-')",
    TOPIC_PATTERN: "is not a topic's name",
    CELL_PATTERN: "is not a cell's key",
    STATE_PATTERN: "is not a state of two capital letters",
    URL_PATTERN: "is not an http or https address",
    EMAIL_PATTERN: "is not an email address",
    PHONE_PATTERN: "is not a phone number such as '+12025550123'",
    TIMEZONE_PATTERN: "is not a time zone such as 'America/New_York'",
    LANGUAGE_PATTERN: "is not a language such as 'en'",
    PERIOD_PATTERN: "is not a period such as '2026', '2026-Q1' or '2026-01'",
}

_DAY = re.compile(DAY_PATTERN[1:-1])
_MOMENT = re.compile(MOMENT_PATTERN[1:-1])


def _plain_day(value: Any) -> Any:
    # Left to Pydantic, "86400" would be the second of January 1970.
    if type(value) is date:
        return value
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise Refused("", f"{shown(value)} is not a day of the form YYYY-MM-DD")
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise Refused("", f"{shown(value)} is not a day of the calendar") from None


def _utc_moment(value: Any) -> Any:
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str) or not _MOMENT.fullmatch(value):
        raise Refused("", f"{shown(value)} is not a time of the form YYYY-MM-DDTHH:MM:SSZ in UTC")
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        raise Refused("", f"{shown(value)} is not a time that exists") from None


def _as_utc(value: datetime) -> datetime:
    return value.astimezone(UTC)


def _listed_zip(value: str) -> str:
    if not is_zip(value):
        raise Refused("", f"{shown(value)} is not in the ZIP table")
    return value


def moment_text(value: datetime) -> str:
    """Return a time as every event spells it: RFC 3339, UTC, `Z`."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


Id = Annotated[str, Field(pattern=ID_PATTERN)]
Revision = Annotated[int, Field(ge=1, le=MAX_REVISION)]
Plain = Annotated[str, Field(pattern=PLAIN_PATTERN)]
Cents = Annotated[str, Field(pattern=CENTS_PATTERN)]
Text = Annotated[str, Field(max_length=200, pattern=TEXT_PATTERN)]
LongText = Annotated[str, Field(max_length=4000, pattern=TEXT_PATTERN)]
Slug = Annotated[str, Field(pattern=SLUG_PATTERN)]
TopicName = Annotated[str, Field(pattern=TOPIC_PATTERN)]
CellKey = Annotated[str, Field(pattern=CELL_PATTERN)]
Offset = Annotated[int, Field(ge=0)]
State = Annotated[str, Field(pattern=STATE_PATTERN)]
Url = Annotated[str, Field(pattern=URL_PATTERN)]
Email = Annotated[str, Field(pattern=EMAIL_PATTERN)]
Phone = Annotated[str, Field(pattern=PHONE_PATTERN)]
TimeZone = Annotated[str, Field(pattern=TIMEZONE_PATTERN)]
Language = Annotated[str, Field(pattern=LANGUAGE_PATTERN)]
Period = Annotated[str, Field(pattern=PERIOD_PATTERN)]
Count = Annotated[int, Field(ge=0, le=1_000_000)]
ZipCode = Annotated[str, Field(pattern=ZIP_PATTERN)]  # five digits; a member's own address may be newer than the table
ListedZip = Annotated[str, Field(pattern=ZIP_PATTERN), AfterValidator(_listed_zip)]
Day = Annotated[
    date, BeforeValidator(_plain_day), WithJsonSchema({"type": "string", "format": "date", "pattern": DAY_PATTERN})
]
Moment = Annotated[
    AwareDatetime,
    BeforeValidator(_utc_moment),
    AfterValidator(_as_utc),
    PlainSerializer(moment_text, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time", "pattern": MOMENT_PATTERN}),
]
