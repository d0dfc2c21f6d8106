"""Take a request to tell a member something: from a service, or from a partner, who may ask for less."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from chassis.errors import Unapplicable
from chassis.inbox import Inbox
from contracts.codec import CloudEvent
from sqlalchemy.ext.asyncio import AsyncSession

from notifications.adapters.contacts import contacts_by_id
from notifications.domain.catalogue import KINDS, REQUESTED, Kind
from notifications.domain.cause import Cause
from notifications.domain.consent import TRANSACTIONAL
from notifications.domain.notice import Notice
from notifications.usecases.plan_messages import plan_messages

LONGEST_VALUE = 2000


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be told to whom; `from_outside` names whoever handed it in through the intake."""

    request_id: str
    member_id: str
    contact_id: str | None
    roles: tuple[str, ...]
    class_: str
    template: str
    data: dict[str, Any]
    not_before: datetime | None
    from_outside: str | None


class TakeRequest:
    """A request is one message to each of its people, however often and under whatever event id it comes."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox

    async def __call__(self, session: AsyncSession, request: Request, cause: Cause, now: datetime) -> None:
        """Raises Unapplicable for what may not be asked for, or says nothing."""
        kind = _allowed(request)
        _complete(kind, request.data)
        if request.contact_id is not None:
            await _is_theirs(session, request.contact_id, request.member_id)
        asker = request.from_outside or "driveline"
        once = CloudEvent(
            f"{request.member_id} {request.request_id}"[:400], f"request/{asker}"[:400], "", None, None, b""
        )
        if not await self._inbox.first_time(session, once):
            return
        notice = Notice(
            request.template,
            request.class_,
            request.member_id,
            request.contact_id,
            alone=request.contact_id is not None,
            roles=request.roles,
            channels=kind.channels,
            data=request.data,
            not_before=request.not_before,
        )
        if kind.stale_after_s is not None:
            begins = max(now, request.not_before or now)
            notice = replace(notice, late_after=begins + timedelta(seconds=kind.stale_after_s))
        await plan_messages(session, cause, [notice], now)


def _allowed(request: Request) -> Kind:
    kind = KINDS.get(request.template)
    if kind is None or request.template not in REQUESTED:
        raise Unapplicable(f"template: {request.template!r} is none that may be asked for")
    if request.from_outside:
        # Else a partner could send people links that sign in somewhere, or mails that nobody can stop.
        if not kind.open:
            raise Unapplicable(f"template: {request.template!r} is the system's own")
        if request.class_ == TRANSACTIONAL:
            raise Unapplicable("class: 'transactional' is for what people did here themselves")
    return kind


def _complete(kind: Kind, data: dict[str, Any]) -> None:
    for name in kind.needs:
        if not data.get(name):
            raise Unapplicable(f"data.{name}: is missing")
    for name, value in data.items():
        if value is not None and not isinstance(value, str | int | bool):
            raise Unapplicable(f"data.{name}: is neither text nor a number")
        if isinstance(value, str) and len(value) > LONGEST_VALUE:
            raise Unapplicable(f"data.{name}: has {len(value)} characters, at most {LONGEST_VALUE}")
    url = data.get("url")
    if url is not None and not str(url).startswith(("https://", "http://")):
        raise Unapplicable("data.url: is not an http or https address")


async def _is_theirs(session: AsyncSession, contact_id: str, member_id: str) -> None:
    """A person who is not known yet is checked when they are: only a member's own people are looked at for its notices."""
    known = (await contacts_by_id(session, {contact_id})).get(contact_id)
    if known is not None and not known.erased and known.member_id != member_id:
        raise Unapplicable("contact_id: is not one of this member's people")
