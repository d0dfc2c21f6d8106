"""The composition root of notifications: what happened becomes messages, messages go out once, and people answer."""

from collections.abc import Callable
from datetime import UTC, datetime

from chassis.consumer import consume_records
from chassis.inbox import Inbox
from chassis.runtime import Runtime
from fastapi import FastAPI

from notifications.adapters import messages, metrics
from notifications.adapters.mail import Sender
from notifications.adapters.rendering import Templates
from notifications.adapters.smtp import Smtp
from notifications.adapters.tables import INBOX, Base
from notifications.domain.quiet_hours import WakingHours
from notifications.entrypoints.facts import GROUP, TOPICS, Facts, UseCases
from notifications.entrypoints.sending import Loops
from notifications.settings import Settings
from notifications.usecases.carriers import Carrier, MailCarrier
from notifications.usecases.note_benchmark import NoteBenchmark
from notifications.usecases.note_contact import NoteContact
from notifications.usecases.note_partnership import NotePartnership
from notifications.usecases.plan_waiting import plan_waiting
from notifications.usecases.say import Say
from notifications.usecases.send_messages import Policy, SendMessages
from notifications.usecases.take_request import TakeRequest

SERVICE = "notifications"
CHANNELS = ("email", "sms")


def utc_now() -> datetime:
    """The clock on the wall."""
    return datetime.now(UTC)


def build(settings: Settings, clock: Callable[[], datetime] = utc_now) -> FastAPI:
    """settings -> adapters -> use cases -> entrypoints."""
    runtime = Runtime(SERVICE, settings, Base.metadata)
    database, outbox = runtime.database, runtime.outbox
    assert outbox is not None  # noqa: S101 - the tables declare one
    say = Say(Templates(), settings.base_url, settings.home_url)
    sender = Sender(settings.mail_from, settings.mail_reply_to)
    carriers: dict[str, Carrier] = {}
    if settings.smtp:
        carriers["email"] = MailCarrier(Smtp(settings.smtp), sender, say)
    for channel in CHANNELS:
        metrics.CHANNEL_SET_UP.labels(channel).set(channel in carriers)

    use = UseCases(NoteContact(outbox), NotePartnership(outbox), TakeRequest(Inbox(INBOX, "request")), NoteBenchmark())
    consume_records(
        runtime.broker,
        service=SERVICE,
        group=GROUP,
        apply=Facts(use, clock).apply,
        dead_letters=runtime.dead_letters,
        database=database,
        topics=TOPICS,
    )

    policy = Policy(WakingHours.of(settings.waking_hours), settings.send_timeout_s, settings.sends_at_once)
    send = SendMessages(database, outbox, carriers, policy, clock)

    async def tidy() -> None:
        await send.recover()
        await plan_waiting(database, clock())

    async def due() -> int:
        async with database.session() as session:
            waiting = await messages.due_by_channel(session, clock())
        for channel in CHANNELS:
            metrics.DUE.labels(channel).set(waiting.get(channel, 0))
        # A channel without a server never comes to an end: nobody is to wait for it.
        return sum(count for channel, count in waiting.items() if channel in carriers)

    loops = Loops(send, tidy)
    runtime.on_start.append(loops.start)
    runtime.on_stop.append(loops.stop)
    outbox.also_due.append(due)
    return runtime.app()
