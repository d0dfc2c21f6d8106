"""Who may reach a member's things: an operator, the member itself, a partner as far as it was granted."""

from typing import Annotated

from chassis.tokens import Caller, caller, require
from fastapi import Depends

from membership.domain.errors import NotAllowedError

AnyCaller = Annotated[Caller, Depends(caller)]
Operator = Annotated[Caller, Depends(require("operate"))]
Writer = Annotated[Caller, Depends(require("members:write"))]


def is_operator(who: Caller) -> bool:
    """Whether the caller acts for the exchange itself: such a token is neither a partner's nor a member's."""
    return who.partner is None and who.member_id is None and "operate" in who.scopes


def check_own(who: Caller, member_id: str) -> None:
    """Let an operator and the member itself pass."""
    if not is_operator(who) and who.member_id != member_id:
        raise NotAllowedError("member_id", f"'{member_id}' is not you")
