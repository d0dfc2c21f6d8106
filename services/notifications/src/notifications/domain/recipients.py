"""Which of a member's people a notice goes to, and over which channels."""

from collections.abc import Sequence

from notifications.domain.consent import stated
from notifications.domain.contact import Contact
from notifications.domain.notice import Notice
from notifications.domain.verdict import CONFIRMING


def recipients(notice: Notice, people: Sequence[Contact]) -> list[tuple[Contact, str]]:
    """Pairs of person and channel; empty where nobody can be reached (yet).

    Where nobody has the roles, everybody is asked: an unanswered proposal helps nobody.
    """
    reachable = {person.contact_id: ways for person in people if (ways := _ways(notice, person))}
    named = [p for p in people if p.contact_id == notice.contact_id and p.contact_id in reachable]
    if named or notice.alone:
        chosen: Sequence[Contact] = named
    else:
        able = [p for p in people if p.contact_id in reachable]
        chosen = [p for p in able if set(p.roles) & set(notice.roles)] or able
    return [(person, channel) for person in chosen for channel in reachable[person.contact_id]]


def _ways(notice: Notice, person: Contact) -> list[str]:
    """A text to somebody who never said anything about texts is no message at all: nothing is held back from them."""
    if person.erased:
        return []
    ways = [channel for channel in notice.channels if channel == "email" and person.email]
    asked = notice.template == CONFIRMING or stated(person.consents, "sms", notice.class_) is not None
    if "sms" in notice.channels and person.phone and asked:
        ways.append("sms")
    return ways
