"""A service in a process of its own, to be killed: `python chassis_child.py ROLE` with the settings in the environment."""

import asyncio
import os
import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from chassis.offsets import Offsets
from chassis.run import serve
from chassis.runtime import Runtime
from chassis.settings import ServiceSettings
from chassis.timers import Timers
from chassis_shop import MEDIA, Shop, story
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from chassis import metrics


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


async def between_effect_and_commit(shop: Shop) -> None:
    """Applies a batch, commits its transaction, and dies before the offset is committed."""

    async def never(_self: Offsets, _offsets: object) -> None:
        die()

    Offsets.commit = never  # type: ignore[method-assign]
    shop.consume()
    await shop.broker.start()
    await asyncio.sleep(60)


async def relay(shop: Shop) -> None:
    """Relays until it is killed."""
    await shop.producer.start()
    await shop.outbox.start(shop.broker)
    sys.stdout.write("relaying\n")
    sys.stdout.flush()
    await asyncio.sleep(60)


async def after_the_timer(shop: Shop) -> None:
    """Fires a timer, and dies inside its transaction."""

    @Timers(shop.outbox).on("renewal")
    async def fire(body: dict[str, object], session: object) -> None:
        die()

    await shop.producer.start()
    await shop.outbox.start(shop.broker)
    await asyncio.sleep(60)


async def after_the_timers_effect(shop: Shop) -> None:
    """Fires a timer, commits its transaction, and dies before the relay hears of it."""

    @Timers(shop.outbox).on("renewal")
    async def fire(body: dict[str, str], session: AsyncSession) -> None:
        await session.execute(insert(shop.applied), [{"ce_id": "timer", "thing": body["member"]}])

    metrics.TIMERS_FIRED.labels = lambda _queue: die()  # type: ignore[method-assign]
    await shop.producer.start()
    await shop.outbox.start(shop.broker)
    await asyncio.sleep(60)


async def emit_and_die(shop: Shop) -> None:
    """Emits in two transactions; dies before the second commits."""
    async with shop.database.transaction() as session:
        await shop.outbox.emit(session, story("committed"))
    async with shop.database.transaction() as session:
        await shop.outbox.emit(session, story("not-committed"))
        die()


def serve_all(settings: ServiceSettings) -> None:
    """A whole service: HTTP, consumer, relay."""
    shop = Shop(settings, settings.instance)
    runtime = Runtime("shop", settings, shop.metadata)
    runtime.dead_letters.topic = shop.dead_letters.topic
    runtime.consume(shop.name, shop.record_once, [MEDIA])
    serve(runtime.app(), settings)


ROLES = {
    role.__name__: role
    for role in (between_effect_and_commit, relay, after_the_timer, after_the_timers_effect, emit_and_die)
}

if __name__ == "__main__":
    settings = ServiceSettings()
    if sys.argv[1] == "serve":
        serve_all(settings)
        sys.exit(0)
    asyncio.run(ROLES[sys.argv[1]](Shop(settings, settings.instance)))
