"""What a record's body must look like to count at all: small checks, put together by field; unknown fields are fine."""

import re
from collections.abc import Callable, Collection, Mapping

from driveline.verify import money
from driveline.verify.calendars import read_date
from driveline.verify.geography import table
from driveline.verify.vocabulary import (
    ACCREDITATIONS,
    BENEFITS,
    CIPS,
    CREDENTIALS,
    EXPERIENCES,
    GREATEST_REVISION,
    KINDS,
    LABOR_RATES,
    LEVELS,
    MEASURES,
    OWNERSHIPS,
    RATE_UNIT,
    ROLES,
    SHOP_TYPES,
    SIZES,
    STATUSES,
    UNIT_OF,
)

Check = Callable[[object], bool]
Shape = Mapping[str, tuple[bool, Check]]  # by field: whether it must be there, and what it must be


def text(pattern: str, most: int = 10_000) -> Check:
    """A string that as a whole fits the pattern, not longer than `most` characters."""
    compiled = re.compile(pattern, re.ASCII | re.DOTALL)
    return lambda value: isinstance(value, str) and len(value) <= most and compiled.fullmatch(value) is not None


def integer(least: int, most: int) -> Check:
    """A JSON integer within bounds; neither true nor 1.0 nor "1" is one."""
    return lambda value: type(value) is int and least <= value <= most


def one_of(codes: Collection[str]) -> Check:
    """A code of a closed list."""
    return lambda value: isinstance(value, str) and value in codes


def list_of(check: Check, most: int = 1_000_000) -> Check:
    """A list of at most so many items, each passing the check."""
    return lambda value: isinstance(value, list) and len(value) <= most and all(check(item) for item in value)


def or_null(check: Check) -> Check:
    """The check, or null."""
    return lambda value: value is None or check(value)


def shaped(shape: Shape) -> Check:
    """An object of that shape."""
    return lambda value: isinstance(value, dict) and fault(value, shape) is None


def fault(body: Mapping[str, object], shape: Shape) -> str | None:
    """The first thing wrong with a body, or None when it has the shape."""
    for field, (needed, check) in shape.items():
        if field not in body:
            if needed:
                return f"{field}: missing"
        elif not check(body[field]):
            return f"{field}: wrong"
    return None


ID = text(r"[^\x00-\x1f\x7f-\x9f]{1,200}")
TEXT = text(r"[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*", 200)
SLUG = text(r"[a-z0-9][a-z0-9_-]{0,63}")
FIVE_DIGITS = text(r"[0-9]{5}")
REVISION = integer(1, GREATEST_REVISION)


def _truth(value: object) -> bool:
    return isinstance(value, bool)


def _day(value: object) -> bool:
    return read_date(value) is not None


def _number(value: object) -> bool:
    return money.plain(value) is not None


def _listed_zip(value: object) -> bool:
    return FIVE_DIGITS(value) and value in table()


PAY: Shape = {
    "submission_id": (True, ID),
    "revision": (True, REVISION),
    "member_id": (True, ID),
    "role": (True, one_of(ROLES)),
    "experience": (True, one_of(EXPERIENCES)),
    "shop_type": (True, one_of(SHOP_TYPES)),
    "size": (True, one_of(SIZES)),
    "zip": (True, _listed_zip),
    "plan": (True, one_of(RATE_UNIT)),
    "rate": (True, _number),
    "rate_unit": (True, one_of(set(RATE_UNIT.values()))),
    "hours_clocked": (True, _number),
    "hours_flagged": (False, or_null(_number)),
    "hours_guaranteed": (False, or_null(_number)),
    "base_rate": (False, or_null(_number)),
    "labor_sales_week": (False, or_null(_number)),
    "weekly_extra": (False, or_null(_number)),
    "annual_bonus": (False, or_null(_number)),
    "credentials": (False, list_of(one_of(CREDENTIALS), 100)),
    "effective_on": (True, _day),
}
BENEFIT: Shape = {
    "submission_id": (True, ID),
    "revision": (True, REVISION),
    "member_id": (True, ID),
    "shop_type": (True, one_of(SHOP_TYPES)),
    "size": (True, one_of(SIZES)),
    "zip": (True, _listed_zip),
    "benefit": (True, one_of(BENEFITS)),
    "offered": (True, _truth),
    "amount": (False, or_null(_number)),
    "unit": (False, or_null(one_of(set(UNIT_OF.values())))),
    "effective_on": (True, _day),
}
LABOR_RATE: Shape = {
    "submission_id": (True, ID),
    "revision": (True, REVISION),
    "member_id": (True, ID),
    "shop_type": (True, one_of(SHOP_TYPES)),
    "zip": (True, _listed_zip),
    "kind": (True, one_of(LABOR_RATES)),
    "posted_rate": (True, _number),
    "effective_on": (True, _day),
}
WITHDRAWN: Shape = {
    "submission_id": (True, ID),
    "revision": (True, REVISION),
    "member_id": (True, ID),
    "measure": (True, one_of(MEASURES)),
}
_PROGRAM: Shape = {
    "program_id": (True, ID),
    "cip": (True, one_of(CIPS)),
    "enrolled": (False, or_null(integer(0, 1_000_000))),
    "curricula": (False, list_of(SLUG, 50)),
    "accreditations": (False, list_of(one_of(ACCREDITATIONS))),
}
_LOCATION: Shape = {
    "location_id": (True, ID),
    "zip": (True, FIVE_DIGITS),
    "shop_type": (False, or_null(one_of(SHOP_TYPES))),
}
MEMBER: Shape = {
    "member_id": (True, ID),
    "revision": (True, REVISION),
    "kind": (True, one_of(KINDS)),
    "status": (True, one_of(STATUSES)),
    "verified_on": (False, or_null(_day)),
    "name": (False, or_null(TEXT)),
    "address": (False, or_null(TEXT)),
    "city": (False, or_null(TEXT)),
    "state": (False, or_null(text(r"[A-Z]{2}"))),
    "zip": (False, or_null(FIVE_DIGITS)),
    "external_ids": (False, list_of(shaped({"scheme": (True, SLUG), "id": (True, TEXT)}), 50)),
    "shop_type": (False, or_null(one_of(SHOP_TYPES))),
    "size": (False, or_null(one_of(SIZES))),
    "ownership": (False, or_null(one_of(OWNERSHIPS))),
    "locations": (False, list_of(shaped(_LOCATION), 5000)),
    "level": (False, or_null(one_of(LEVELS))),
    "programs": (False, list_of(shaped(_PROGRAM), 500)),
}
