"""Email addresses and telephone numbers in the one spelling by which they are kept and compared."""

from dataclasses import replace

import phonenumbers
from contracts.zips import zips
from email_validator import EmailNotValidError, validate_email

from membership.domain.contact import Reach
from membership.domain.errors import RuleBrokenError


def normal(reach: Reach, at: str, zip5: str | None) -> Reach:
    """The reach with normal email and phone; `at` names it in an error, the ZIP tells the time zone when it does not."""
    place = zips().get(zip5 or "")
    return replace(
        reach,
        email=email(reach.email, f"{at}.email") if reach.email else None,
        phone=_phone(reach.phone, f"{at}.phone") if reach.phone else None,
        timezone=reach.timezone or (place.timezone if place else None),
    )


def email(given: str, at: str) -> str:
    """The address in its normal form; raises RuleBrokenError, naming the field `at`."""
    try:
        return validate_email(given, check_deliverability=False).normalized
    except EmailNotValidError as why:
        raise RuleBrokenError(at, f"'{given}' is not an email address ({str(why).rstrip('.')})") from None


def _phone(given: str, at: str) -> str:
    try:
        number = phonenumbers.parse(given, "US")
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_possible_number(number):
        raise RuleBrokenError(at, f"'{given}' is not a telephone number")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
