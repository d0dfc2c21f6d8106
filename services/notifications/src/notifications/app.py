"""The composition root of notifications: what happened becomes messages, messages go out once, and people answer."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

from chassis.consumer import consume_records
from chassis.inbox import Inbox
from chassis.pages import Pages
from chassis.runtime import Runtime
from fastapi import FastAPI

from notifications.adapters import messages, metrics
from notifications.adapters.mail import Sender
from notifications.adapters.rendering import Templates
from notifications.adapters.smpp import Smpp
from notifications.adapters.smtp import Smtp
from notifications.adapters.tables import INBOX, Base
from notifications.adapters.twilio import WEBHOOK, Twilio
from notifications.domain.quiet_hours import WakingHours
from notifications.entrypoints.facts import GROUP, TOPICS, Facts, UseCases
from notifications.entrypoints.http import messages as message_routes
from notifications.entrypoints.http import subscriptions, twilio, unsubscribe
from notifications.entrypoints.sending import Loops
from notifications.settings import Settings
from notifications.usecases.carriers import Carrier, MailCarrier
from notifications.usecases.forget_old import forget_old
from notifications.usecases.note_benchmark import NoteBenchmark
from notifications.usecases.note_contact import NoteContact
from notifications.usecases.note_partnership import NotePartnership
from notifications.usecases.note_receipt import NoteReceipt
from notifications.usecases.plan_waiting import plan_waiting
from notifications.usecases.say import Say
from notifications.usecases.send_messages import Policy, SendMessages
from notifications.usecases.subscribe import Subscriptions
from notifications.usecases.take_inbound import TakeInbound
from notifications.usecases.take_request import TakeRequest
from notifications.usecases.text_carrier import TextCarrier
from notifications.usecases.unsubscribe import Unsubscribe

SERVICE = "notifications"
CHANNELS = ("email", "sms")
FORGET_EVERY_S = 3600.0


def utc_now() -> datetime:
    """The clock on the wall."""
    return datetime.now(UTC)


def texter_of(settings: Settings) -> Smpp | Twilio | None:
    """Who carries texts: chosen by the address."""
    if not settings.sms:
        return None
    if settings.sms.startswith("twilio:"):
        return Twilio(settings.sms, settings.base_url + WEBHOOK, settings.sms_from)
    return Smpp(settings.sms, settings.sms_from)


def build(settings: Settings, clock: Callable[[], datetime] = utc_now) -> FastAPI:
    """settings -> adapters -> use cases -> entrypoints."""
    runtime = Runtime(SERVICE, settings, Base.metadata)
    database, outbox = runtime.database, runtime.outbox
    assert outbox is not None  # noqa: S101 - the tables declare one
    sender = Sender(settings.mail_from, settings.mail_reply_to)
    say = Say(Templates(), settings.base_url, settings.home_url, settings.mail_reply_to)

    carriers: dict[str, Carrier] = {}
    if settings.smtp:
        carriers["email"] = MailCarrier(Smtp(settings.smtp), sender, say)
    texter = texter_of(settings)
    if texter is not None:
        carriers["sms"] = TextCarrier(texter, outbox, say)
        receipts, inbound = NoteReceipt(database, outbox, clock), TakeInbound(database, outbox, clock)
        runtime.on_start.append(lambda: texter.start(receipts, inbound))
        runtime.on_stop.append(texter.stop)
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

    policy = Policy(WakingHours.of(settings.waking_hours), settings.send_timeout_s)
    send = SendMessages(database, outbox, carriers, policy, clock)
    forgot = float("-inf")

    async def tidy() -> None:
        nonlocal forgot
        await send.recover()
        await plan_waiting(database, clock())
        if time.monotonic() - forgot > FORGET_EVERY_S:
            await forget_old(database, clock())
            forgot = time.monotonic()

    async def due() -> int:
        async with database.session() as session:
            waiting = await messages.due_by_channel(session, clock())
        for channel in CHANNELS:
            metrics.DUE.labels(channel).set(waiting.get(channel, 0))
        # A channel without a server never comes to an end: nobody is to wait for it.
        return sum(count for channel, count in waiting.items() if channel in carriers)

    loops = Loops(send, tidy, settings.sends_at_once)
    runtime.on_start.append(loops.start)
    runtime.on_stop.append(loops.stop)
    outbox.also_due.append(due)

    app = runtime.app()
    app.include_router(message_routes.router(database, sender))
    app.include_router(subscriptions.router(Subscriptions(database, clock)))
    pages = Pages.of(settings, SERVICE, service="messages")
    app.include_router(unsubscribe.router(Unsubscribe(database, outbox, clock), pages))
    if isinstance(texter, Twilio):
        app.include_router(twilio.router(texter))
    return app
