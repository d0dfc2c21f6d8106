"""Signing in by a link: how long it is good, how often one is sent, and where it may lead."""

from collections.abc import Collection
from datetime import timedelta
from urllib.parse import urlsplit

from membership.domain.errors import RuleBrokenError

LINK_LASTS = timedelta(minutes=15)
# One address gets at most so many mails in so long, whoever types it into the form.
ASKED_AT_MOST, ASKED_WITHIN = 5, timedelta(minutes=15)
# Somebody may stand among the contacts of several members; each gets a link of its own.
LINKS_AT_ONCE = 5


def safe_next(asked: str | None, home: str, origins: Collection[str]) -> str:
    """Where to go after signing in: `home`, or the page asked for if it is one of the house's.

    A browser reads an address more generously than a program does (backslashes, blanks, user names before `@`), so
    scheme and host are compared as they are written, and anything odd is refused.
    """
    if not asked:
        return home
    try:
        at = urlsplit(asked)
    except ValueError:
        at = urlsplit("")
    if "\\" in asked or not asked.isprintable() or " " in asked or f"{at.scheme}://{at.netloc}" not in origins:
        raise RuleBrokenError("next", f"'{asked[:200]}' is not a page of ours")
    return asked


def origin(address: str) -> str:
    """Scheme and host of an address, as they are compared; empty for an empty one."""
    at = urlsplit(address)
    return f"{at.scheme}://{at.netloc}" if at.netloc else ""
