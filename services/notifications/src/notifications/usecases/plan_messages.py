"""Plan messages: a notice becomes a row for each person and channel, in the transaction of its cause."""

import secrets
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from notifications.adapters import messages, metrics
from notifications.adapters.contacts import people_of
from notifications.adapters.tables import NOTICE
from notifications.domain.cause import Cause
from notifications.domain.consent import TRANSACTIONAL
from notifications.domain.notice import Notice
from notifications.domain.recipients import recipients

# A member's people may be heard of after what they are to be told; nobody waits for them longer than this.
WAITS_FOR_PEOPLE = timedelta(days=1)


async def plan_messages(session: AsyncSession, cause: Cause, notices: Iterable[Notice], now: datetime) -> None:
    """However often the cause comes, each person gets each message once. What nobody can be told yet waits."""
    for notice in notices:
        if not await plan_notice(session, cause, notice, now):
            await _wait(session, cause, notice, now)


async def plan_notice(session: AsyncSession, cause: Cause, notice: Notice, now: datetime) -> bool:
    """False when nobody can be reached."""
    chosen = recipients(notice, await people_of(session, notice.member_id))
    rows = [message_row(cause, notice, person.contact_id, channel, now) for person, channel in chosen]
    for template, channel in await messages.plan(session, rows):
        metrics.PLANNED.labels(template, channel).inc()
    return bool(rows)


def message_row(
    cause: Cause,
    notice: Notice,
    contact_id: str,
    channel: str,
    now: datetime,
    *,
    address: str | None = None,
    answers_text: bool = False,
) -> dict[str, Any]:
    """A message as it is written down. Its id follows from its cause: planned again, it is the same message."""
    stoppable = channel == "email" and notice.class_ != TRANSACTIONAL
    return {
        "message_id": cause.name(contact_id or address or "", channel, notice.template),
        "source": cause.source,
        "cause": cause.id,
        "origin": cause.origin,
        "member_id": notice.member_id,
        "contact_id": contact_id,
        "channel": channel,
        "template": notice.template,
        "class": notice.class_,
        "data": notice.data,
        "about": notice.about,
        "answers_text": answers_text,
        "address": address,
        "status": "planned",
        "reason": None,
        "revision": 0,
        "attempts": 0,
        "token": secrets.token_urlsafe(24) if stoppable else None,
        "planned_at": now,
        "due_at": max(now, notice.not_before) if notice.not_before else now,
        "late_after": notice.late_after,
    }


async def _wait(session: AsyncSession, cause: Cause, notice: Notice, now: datetime) -> None:
    body = asdict(notice) | {
        name: at.isoformat() if (at := getattr(notice, name)) else None for name in ("not_before", "late_after")
    }
    until = max(now, notice.not_before or now) + WAITS_FOR_PEOPLE
    row = {
        "notice_id": cause.name(notice.member_id, notice.template),
        "member_id": notice.member_id,
        "source": cause.source,
        "cause": cause.id,
        "origin": cause.origin,
        "body": body,
        "until": min(until, notice.late_after) if notice.late_after else until,
    }
    await session.execute(insert(NOTICE).values(row).on_conflict_do_nothing())


def notice_of(body: dict[str, Any]) -> Notice:
    """A notice as it waited."""
    moments = {
        name: datetime.fromisoformat(body[name]) if body[name] else None for name in ("not_before", "late_after")
    }
    return Notice(**{**body, **moments, "roles": tuple(body["roles"]), "channels": tuple(body["channels"])})
