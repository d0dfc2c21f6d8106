"""Whose submission is it: every partner's ids live under the partner's own name."""

import re

from membership.domain.errors import NotAllowedError, RuleBrokenError

PARTNER_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?")


def check_partner_name(name: str) -> str:
    """A partner's name is part of a topic's name and of every submission id: lower case, digits, hyphens."""
    if not PARTNER_NAME.fullmatch(name):
        raise RuleBrokenError("partner", f"'{name}' is not a name of 1 to 40 lower-case letters, digits and hyphens")
    return name


def place(owner: str | None, field: str, submission_id: str) -> str:
    """The id as it is known inside, `<owner>/<id>`; an id already there stays, somebody else's is refused.

    `owner` is None for a member's own system: its ids carry no prefix, and so can never be a partner's.
    """
    space, slash, own = submission_id.partition("/")
    if not slash:
        return submission_id if owner is None else f"{owner}/{submission_id}"
    if owner is None or space != owner:
        raise NotAllowedError(field, f"'{submission_id}' is in the name space of '{space}', not yours")
    if not own or "/" in own:
        raise RuleBrokenError(field, f"'{submission_id}' is not '{owner}/<id>'")
    return submission_id
