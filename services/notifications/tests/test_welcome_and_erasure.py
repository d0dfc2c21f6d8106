"""A person is welcomed once; a person who is forgotten gets nothing more, and no word or address of theirs stays."""

from datetime import UTC, datetime, timedelta

from chassis.servers.mailbox import Mailbox
from contracts.fields import moment_text
from contracts.notifications import NotificationRequested
from notifications_people import SMS_YES, Between, phone_number, school, shop, unique
from notifications_process import Running
from notifications_waiting import inbox, known, messages, settled
from sqlalchemy import text


async def test_a_new_person_is_welcomed_once(notifications: Running, mailbox: Mailbox) -> None:
    person = shop()
    first = person.contact(1)
    await notifications.tell(person.joins())
    await known(notifications.database, "member", person.member_id, 1)
    cause, again, change = await notifications.tell(first, first, person.contact(2, name="Patricia"))
    await settled(notifications.database, cause, ("welcome", "email", "sent"))
    (mail,) = await inbox(mailbox, person.email)
    assert mail.subject in ("Welcome to Driveline, Pat", "Welcome to Driveline, Patricia")
    assert "a contact of Elm Street Garage at Driveline" in mail.text
    assert await messages(notifications.database, again) == await messages(notifications.database, change) == []


async def test_a_forgotten_person_gets_nothing_more_and_leaves_nothing_behind(
    notifications: Running, mailbox: Mailbox
) -> None:
    person, phone = shop(), phone_number()
    asker = school()
    await notifications.tell(asker.joins(), asker.contact())
    await notifications.tell(person.joins(), person.contact(phone=phone, consents=[SMS_YES]))
    await known(notifications.database, "contact", person.contact_id, 2)
    between = Between(asker, person)
    (told,) = await notifications.tell(between.proposed(), source="driveline/matching")
    await settled(notifications.database, told, ("proposal", "email", "sent"), ("proposal", "sms", "delivered"))
    later = NotificationRequested.model_validate(
        {
            "request_id": unique(),
            "member_id": person.member_id,
            "class": "digest",
            "template": "program_news",
            "data": {"title": f"For {person.email}"},
            "not_before": moment_text(datetime.now(UTC) + timedelta(days=1)),
        }
    )
    (planned,) = await notifications.tell(later)
    await settled(notifications.database, planned, ("program_news", "email", "planned"))

    await notifications.tell(person.erased())
    (row,) = await settled(notifications.database, planned, ("program_news", "email", "suppressed"))
    assert row["reason"] == "the person asked to be forgotten"
    (after,) = await notifications.tell(Between(asker, person).proposed(), source="driveline/matching")
    await inbox(mailbox, person.email, 1)
    assert await messages(notifications.database, after) == []
    assert await _found(notifications, person.email, phone) == []


async def _found(running: Running, *words: str) -> list[str]:
    """Tables in which one of these words stands."""
    async with running.database.session() as session:
        tables = (await session.scalars(text("SELECT relname FROM pg_stat_user_tables"))).all()
        queries = {
            table: text(f'SELECT count(*) FROM "{table}" AS row WHERE row::text LIKE :word')  # noqa: S608
            for table in tables
        }
        return [
            f"{table}: {word}"
            for table, query in queries.items()
            for word in words
            if (await session.execute(query, {"word": f"%{word}%"})).scalar_one()
        ]
