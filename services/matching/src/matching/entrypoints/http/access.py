"""Who may reach what over HTTP: an operator everything, a member its own; partners go through the intake."""

from typing import Annotated

from chassis.tokens import Caller, caller, require
from fastapi import Depends

from matching.domain.errors import NotAllowedError, RuleBrokenError

AnyCaller = Annotated[Caller, Depends(caller)]
Operator = Annotated[Caller, Depends(require("operate"))]
Writer = Annotated[Caller, Depends(require("partnerships:write"))]


def is_operator(who: Caller) -> bool:
    """Whether the caller acts for the exchange itself: such a token is neither a partner's nor a member's."""
    return who.partner is None and who.member_id is None and "operate" in who.scopes


def check_own(who: Caller, *member_ids: str) -> None:
    """Let an operator and these members pass."""
    if who.partner is not None:
        raise NotAllowedError("partner", f"'{who.partner}' sends partnership.* events to the intake instead")
    if not is_operator(who) and who.member_id not in member_ids:
        raise NotAllowedError("member_id", f"'{who.member_id or who.subject}' may not")


def acting_for(who: Caller, said: str | None, otherwise: str | None) -> str:
    """The member for whom a caller answers: itself, or for an operator the one that it names, or whose turn it is."""
    if who.partner is not None:
        raise NotAllowedError("partner", f"'{who.partner}' does not answer for members")
    if not is_operator(who):
        if who.member_id is None or said not in (None, who.member_id):
            raise NotAllowedError("member_id", f"'{said or who.subject}' is not you")
        return who.member_id
    if (member_id := said or otherwise) is None:
        raise RuleBrokenError("member_id", "is missing: for whom?")
    return member_id
