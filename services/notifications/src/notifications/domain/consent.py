"""What a person allowed or forbade, per class of message and channel."""

from collections.abc import Iterable, Mapping
from typing import Any

# A person gave us the address to be reached in what they began themselves; of news and matches they can have enough.
EMAIL_UNLESS_FORBIDDEN = ("match", "digest")
TRANSACTIONAL = "transactional"


def stated(consents: Iterable[Mapping[str, Any]], channel: str, class_: str) -> bool | None:
    """What the person said last of this class over this channel; None if nothing. A tie counts as no."""
    said = [c for c in consents if c["channel"] == channel and c["class"] == class_]
    if not said:
        return None
    newest = max(c["at"] for c in said)
    return all(c["given"] for c in said if c["at"] == newest)


def allowed(consents: Iterable[Mapping[str, Any]], channel: str, class_: str) -> bool:
    """A text needs a recorded yes. A mail about something the person did needs none, marketing needs a yes as well."""
    said = stated(consents, channel, class_)
    if channel != "email":
        return said is True
    if class_ == TRANSACTIONAL:
        return True
    return said is not False if class_ in EMAIL_UNLESS_FORBIDDEN else said is True
