"""Bodies of requests: an event's body in which some fields may be left to us."""

from typing import Any

from chassis.tokens import Caller
from contracts.codec import MAX_EVENT_BYTES
from contracts.event import Refused, shown
from fastapi import Request

from contracts import strict_json
from matching.domain.errors import NotAllowedError
from matching.entrypoints.http.access import check_own, is_operator


async def own_body(request: Request, who: Caller, id_field: str) -> dict[str, Any]:
    """The body as sent, with `member_id` filled in; raises for what the caller may not send."""
    sent = bytearray()
    async for part in request.stream():
        sent += part
        if len(sent) > MAX_EVENT_BYTES:
            raise Refused("body", f"more than {MAX_EVENT_BYTES} bytes")
    said = strict_json.loads(bytes(sent), "body")
    if not isinstance(said, dict):
        raise Refused("body", f"{shown(said)} is not a JSON object")
    if who.member_id is not None:
        said.setdefault("member_id", who.member_id)
    check_own(who, str(said.get("member_id")))
    given = said.get(id_field)
    if isinstance(given, str) and "/" in given and not is_operator(who):
        # Ids of partners carry their name: docs/decisions/0403.
        raise NotAllowedError(id_field, f"'{given}' is in the name space of '{given.partition('/')[0]}', not yours")
    return said
