"""A text that would come at night is held, says so, and goes in the morning: by a clock that is given, on a real SMS centre."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from chassis.database import Database
from chassis.migrations import upgrade_async
from chassis.outbox import Outbox
from notifications.adapters.rendering import Templates
from notifications.adapters.tables import CONTACT, MEMBER, OUTBOX
from notifications.domain.cause import Cause
from notifications.domain.notice import SMS, Notice
from notifications.domain.quiet_hours import WakingHours
from notifications.migrate import ROOT
from notifications.usecases.carriers import Parcel
from notifications.usecases.plan_messages import plan_messages
from notifications.usecases.say import Say
from notifications.usecases.send_messages import Policy, SendMessages
from notifications.usecases.text_carrier import TextCarrier
from notifications_people import SMS_YES, phone_number
from notifications_waiting import messages
from sms_lines import Line, smpp_line
from sqlalchemy import insert, text

# Eleven in the evening in New York, on the day before the clocks go forward.
NIGHT = datetime(2027, 3, 14, 4, 0, tzinfo=UTC)
MORNING = datetime(2027, 3, 14, 12, 0, tzinfo=UTC)


class Bench:
    """The use cases on a database of their own, with a clock that is set by hand."""

    def __init__(self, database: Database, line: Line) -> None:
        self.database, self.line, self.now = database, line, NIGHT
        self.outbox = Outbox(database, OUTBOX, "driveline/notifications")
        say = Say(Templates(), "https://driveline.example.com", "", "help@driveline.example.com")
        carriers: Any = {"sms": TextCarrier(line.texter, self.outbox, say)}
        self._send = SendMessages(database, self.outbox, carriers, Policy(WakingHours(), 10), lambda: self.now)

    async def claim(self, most: int) -> tuple[int, list[Parcel]]:
        return await self._send.claim("sms", most)

    async def send(self) -> int:
        """One round."""
        found, parcels = await self.claim(8)
        for parcel in parcels:
            await self._send.carry(parcel)
        return found

    async def person(self, phone: str, zone: str | None = "America/New_York") -> None:
        contact = {
            "contact_id": phone, "revision": 1, "member_id": phone, "name": "Pat", "phone": phone, "roles": ["owner"],
            "timezone": zone, "consents": [SMS_YES], "erased": False,
        }  # fmt: skip
        async with self.database.transaction() as session:
            await session.execute(insert(CONTACT).values(contact))
            member = {"member_id": phone, "revision": 1, "kind": "business", "status": "active", "name": "Elm"}
            await session.execute(insert(MEMBER).values(member))

    async def plan(self, phone: str, **fields: Any) -> None:
        data = {
            "kind": "shop_tour", "answer_until": "2027-03-20T12:00:00+00:00", "proposal_id": "p-1", "need_id": "n-1",
            "requested_by": "m-2", "offered_by": phone,
        }  # fmt: skip
        notice = Notice("proposal", "match", phone, channels=SMS, data=data, **fields)
        async with self.database.transaction() as session:
            await plan_messages(session, Cause("driveline/matching", phone), [notice], self.now)

    async def row(self, phone: str) -> dict[str, Any]:
        (row,) = await messages(self.database, phone)
        return row


@pytest.fixture(scope="module")
async def bench(postgres: Callable[..., str]) -> AsyncIterator[Bench]:
    dsn = postgres("notifications")
    await upgrade_async(ROOT, dsn)
    database = Database(dsn)
    with tempfile.TemporaryDirectory(prefix="driveline-sms-") as folder:
        async with smpp_line(Path(folder)) as line:
            made = Bench(database, line)
            yield made
            await made.outbox.stop()
    await database.close()


async def test_held_at_night_and_sent_in_the_morning_though_the_clocks_changed(bench: Bench) -> None:
    phone, bench.now = phone_number(), NIGHT
    await bench.person(phone)
    await bench.plan(phone)
    assert await bench.send() == 1
    row = await bench.row(phone)
    assert (row["status"], row["due_at"], row["revision"]) == ("held", MORNING, 1)
    assert row["reason"] == "night in America/New_York until 2027-03-14T12:00Z"
    assert row["data"] != {}
    bench.now = MORNING - timedelta(seconds=1)
    assert await bench.send() == 0
    assert await bench.line.texts(phone) == []
    bench.now = MORNING
    assert await bench.send() == 1
    row = await bench.row(phone)
    assert (row["status"], row["revision"], row["attempts"], row["segments"]) == ("sent", 2, 1, 1)
    (said,) = await bench.line.texts(phone)
    assert said.startswith("Driveline: A school asks for a shop tour")


async def test_who_is_awake_gets_it_at_once(bench: Bench) -> None:
    phone, bench.now = phone_number(), NIGHT
    await bench.person(phone, "Pacific/Honolulu")  # six in the evening
    await bench.plan(phone)
    await bench.send()
    assert (await bench.row(phone))["status"] == "sent"


async def test_what_would_be_late_in_the_morning_is_not_sent(bench: Bench) -> None:
    phone, bench.now = phone_number(), NIGHT
    await bench.person(phone)
    await bench.plan(phone, late_after=MORNING)
    await bench.send()
    row = await bench.row(phone)
    assert (row["status"], row["reason"]) == ("suppressed", "it is night there until it would be too late")


async def test_every_change_is_told_in_the_transaction_that_made_it(bench: Bench) -> None:
    phone, bench.now = phone_number(), NIGHT
    await bench.person(phone)
    await bench.plan(phone)
    await bench.send()
    bench.now = MORNING
    await bench.send()
    query = text(
        "SELECT convert_from(payload, 'UTF8')::json ->> 'outcome' FROM outbox WHERE headers ->> 'kafka_key' = :key ORDER BY id"
    )
    async with bench.database.session() as session:
        assert (await session.scalars(query, {"key": phone})).all() == ["held", "sent"]


async def test_two_processes_never_have_the_same_message_in_hand(bench: Bench) -> None:
    bench.now, phones = MORNING, [phone_number() for _ in range(12)]
    for phone in phones:
        await bench.person(phone)
        await bench.plan(phone)
    claims = await asyncio.gather(*(bench.claim(5) for _ in range(4)))
    in_hand = [parcel.message_id for _, parcels in claims for parcel in parcels]
    assert len(in_hand) == len(set(in_hand)) == 12
