"""Whether a message may go out now: to this person, over this channel, at this hour."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from notifications.domain.consent import TRANSACTIONAL, allowed
from notifications.domain.contact import Contact
from notifications.domain.quiet_hours import WakingHours, zone_of

# The one text that may go to somebody who never agreed to any, because it asks for that.
CONFIRMING = "sms_confirm"
# The one text that may go to somebody who just said STOP, because it confirms that.
STOPPED = "sms_stopped"


@dataclass(frozen=True, slots=True)
class Go:
    """Send it, to this address."""

    address: str


@dataclass(frozen=True, slots=True)
class Hold:
    """Not now."""

    until: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Suppress:
    """Not at all."""

    reason: str


Verdict: TypeAlias = Go | Hold | Suppress


@dataclass(frozen=True, slots=True)
class Case:
    """What there is to judge. `answers_text`: the person has just written to us, and this is the reply."""

    template: str
    class_: str
    channel: str
    answers_text: bool
    late_after: datetime | None


def judge(case: Case, contact: Contact, stopped: frozenset[str], now: datetime, waking: WakingHours) -> Verdict:
    """`stopped` are the classes that this address asked not to get, `*` meaning all of them."""
    address = contact.email if case.channel == "email" else contact.phone
    if contact.erased:
        return Suppress("the person asked to be forgotten")
    if address is None:
        return Suppress(f"no {'address' if case.channel == 'email' else 'number'} is known any more")
    if case.template != STOPPED and _is_stopped(case, stopped):
        return Suppress(f"the person asked for no {case.class_} {_messages(case.channel)}")
    if not _needs_no_consent(case) and not allowed(contact.consents, case.channel, case.class_):
        return Suppress(f"the person does not allow {case.class_} {_messages(case.channel)}")
    if case.late_after is not None and now >= case.late_after:
        return Suppress("it would have come too late")
    if case.channel == "sms" and case.class_ != TRANSACTIONAL and not case.answers_text:
        until = waking.hold_until(now, contact.timezone)
        if until is not None:
            if case.late_after is not None and until >= case.late_after:
                return Suppress("it is night there until it would be too late")
            return Hold(until, f"night in {zone_of(contact.timezone).key} until {until:%Y-%m-%dT%H:%MZ}")
    return Go(address)


def _is_stopped(case: Case, stopped: frozenset[str]) -> bool:
    if case.channel == "email" and case.class_ == TRANSACTIONAL:
        return False  # what the person did themselves, e.g. signing in
    if case.answers_text and "*" in stopped:
        return case.template != "sms_help"  # HELP works for everybody
    return bool(stopped & {"*", case.class_})


def _needs_no_consent(case: Case) -> bool:
    return case.answers_text or case.template == CONFIRMING


def _messages(channel: str) -> str:
    return "mail" if channel == "email" else "texts"
