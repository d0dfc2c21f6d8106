"""Notifications knows how people are reached at the newest revision, and forgets whom it is told to forget."""

import asyncio
import uuid
from typing import Any

from contracts.codec import encode_kafka, new_event
from contracts.event import Event
from contracts.membership import ContactChanged, MemberUpdated
from notifications_process import Running
from sqlalchemy import text

CONTACT = text(
    "SELECT revision, name, email, phone, roles, timezone, consents, erased FROM contact WHERE contact_id = :id"
)
MEMBER = text("SELECT revision, status, name FROM member WHERE member_id = :id")
CONSENT = {
    "channel": "sms",
    "class": "match",
    "given": True,
    "at": "2026-01-02T03:04:05Z",
    "source": "confirming reply",
}


def pat(contact_id: str, revision: int, **fields: Any) -> ContactChanged:
    body = {
        "contact_id": contact_id,
        "revision": revision,
        "member_id": "m-1",
        "name": "Pat",
        "email": "pat@example.com",
        "phone": "+12025550123",
        "roles": ["owner"],
        "timezone": "America/New_York",
        "language": "en",
        "erased": False,
        "consents": [CONSENT],
        **fields,
    }
    return ContactChanged.model_validate(body)


async def tell(running: Running, *events: Event) -> None:
    for event in events:
        headers, value = encode_kafka(new_event(event, source="driveline/membership"))
        await running.producer.send_and_wait(event.topic, value, key=event.key().encode(), headers=headers)


async def becomes(running: Running, query: Any, key: str, expected: tuple[Any, ...]) -> None:
    async with asyncio.timeout(20), running.database.session() as session:
        while [tuple(row) for row in await session.execute(query, {"id": key})] != [expected]:
            await session.rollback()
            await asyncio.sleep(0.05)


async def test_the_newest_revision_of_a_contact_stays(notifications: Running) -> None:
    key = f"c-{uuid.uuid4().hex[:8]}"
    await tell(notifications, pat(key, 3, name="Pat Doe"), pat(key, 1), pat(key, 2, name="Patricia"))
    await tell(notifications, *(pat(f"{key}-{i}", 1) for i in range(40)))  # on every partition, behind
    for i in range(40):
        await becomes(notifications, CONTACT, f"{key}-{i}", (1, "Pat", *_of(pat(key, 1))))
    expected = (3, "Pat Doe", "pat@example.com", "+12025550123", ["owner"], "America/New_York", [CONSENT], False)
    await becomes(notifications, CONTACT, key, expected)


async def test_erasure_leaves_the_revision_alone_and_nothing_old_comes_back(notifications: Running) -> None:
    key = f"c-{uuid.uuid4().hex[:8]}"
    forgotten = (3, None, None, None, [], None, [], True)
    await tell(notifications, pat(key, 2), ContactChanged(contact_id=key, revision=3, erased=True))
    await becomes(notifications, CONTACT, key, forgotten)
    await tell(notifications, pat(key, 1), pat(key, 2))
    await notifications.producer.send_and_wait("contact.changed", None, key=key.encode())
    await tell(notifications, pat(key, 2), *(pat(f"{key}-{i}", 1) for i in range(40)))  # on every partition, behind
    for i in range(40):
        await becomes(notifications, CONTACT, f"{key}-{i}", (1, "Pat", *_of(pat(key, 1))))
    await becomes(notifications, CONTACT, key, forgotten)


async def test_a_tombstone_forgets_whoever_is_still_known(notifications: Running) -> None:
    key = f"c-{uuid.uuid4().hex[:8]}"
    await tell(notifications, pat(key, 2))
    await becomes(notifications, CONTACT, key, (2, "Pat", *_of(pat(key, 2))))
    await notifications.producer.send_and_wait("contact.changed", None, key=key.encode())
    await becomes(notifications, CONTACT, key, (2, None, None, None, [], None, [], True))


async def test_a_members_name_and_standing_are_known(notifications: Running) -> None:
    key = f"m-{uuid.uuid4().hex[:8]}"
    body = {"member_id": key, "kind": "school", "name": "York Tech"}
    await tell(notifications, MemberUpdated.model_validate(body | {"revision": 2, "status": "left"}))
    await tell(notifications, MemberUpdated.model_validate(body | {"revision": 1, "status": "active"}))
    await becomes(notifications, MEMBER, key, (2, "left", "York Tech"))


def _of(contact: ContactChanged) -> tuple[Any, ...]:
    return contact.email, contact.phone, list(contact.roles), contact.timezone, [CONSENT], False
