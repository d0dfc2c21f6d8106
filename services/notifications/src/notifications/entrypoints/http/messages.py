"""`GET /v1/messages`: what became of each message, for operators and for `driveline trace`."""

from typing import Annotated, Any, Literal

from chassis.database import Database
from chassis.tokens import Caller, require
from contracts.event import Refused
from contracts.fields import moment_text
from fastapi import APIRouter, Depends, Query

from notifications.adapters.mail import Sender
from notifications.adapters.messages import search
from notifications.adapters.tables import MESSAGE, MessageRow

MOST = 1000
Status = Literal["planned", "attempting", "held", "suppressed", "sent", "delivered", "failed", "unknown"]


def router(database: Database, sender: Sender) -> APIRouter:
    """Neither words nor addresses: whom a message went to is the contact's id."""
    routes = APIRouter(prefix="/v1/messages", tags=["messages"])

    @routes.get("")
    async def messages(
        _: Annotated[Caller, Depends(require("operate"))],
        cause: Annotated[str | None, Query(max_length=200)] = None,
        member_id: Annotated[str | None, Query(max_length=200)] = None,
        status: Status | None = None,
    ) -> dict[str, Any]:
        """The messages of one cause (a `ce_id`), of one member, in one status, or all of these; oldest first, at most 1,000."""
        asked = {MESSAGE.c.cause: cause, MESSAGE.c.member_id: member_id, MESSAGE.c.status: status}
        where = [column == value for column, value in asked.items() if value is not None]
        if not where:
            raise Refused("cause", "is missing, and so are member_id and status: one of them says which messages")
        async with database.session() as session:
            return {"messages": [_shown(row, sender) for row in await search(session, *where, limit=MOST)]}

    return routes


def _shown(row: MessageRow, sender: Sender) -> dict[str, Any]:
    moments = ("planned_at", "due_at", "attempted_at", "settled_at")
    return {
        "notification_id": row.message_id,
        "cause": row.cause,
        "member_id": row.member_id or None,
        "contact_id": row.contact_id or None,
        "template": row.template,
        "class": row.class_,
        "channel": row.channel,
        "status": row.status,
        "reason": row.reason,
        "revision": row.revision,
        "attempts": row.attempts,
        "segments": row.segments,
        "message_id": sender.message_id(row.message_id) if row.channel == "email" else None,
        **{name: moment_text(at) if (at := getattr(row, name)) else None for name in moments},
    }
