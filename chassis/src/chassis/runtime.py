"""What every composition root builds first: the parts of the chassis, wired, started and stopped in the right order."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from sqlalchemy import MetaData

from chassis import logs, tracing
from chassis.broker import kafka_broker
from chassis.consumer import Consumer, Handler, consume
from chassis.database import Database
from chassis.dead_letters import DeadLetters
from chassis.ending import end, ends_us
from chassis.health import Health
from chassis.http import make_app
from chassis.outbox import Outbox
from chassis.retry import Backoff, reason_of
from chassis.settings import ServiceSettings
from chassis.timers import Timers
from chassis.tokens import Verifier

# With uvicorn's grace (1 s) and the producer's (1 s), a process is gone within 5 s of SIGTERM.
STOP_S = 2.8

log = logs.get(__name__)


class Runtime:
    """One process of a service. Register consumers and timers, take `app`, add routes, serve it."""

    def __init__(
        self,
        service: str,
        settings: ServiceSettings,
        metadata: MetaData,
        *,
        verifier: Verifier | None = None,
        relay: bool = True,
        outbox_name: str = "outbox",
        new_topics_within_s: float = 300.0,
    ) -> None:
        logs.configure(service, settings.log_level, settings.instance)
        tracing.configure(service)
        self.service = service
        self.settings = settings
        self.database = Database(settings.postgres)
        self.broker = kafka_broker(settings, new_topics_within_s=new_topics_within_s)
        self.dead_letters = DeadLetters(self.broker.producer, service.split(".")[0])
        has_outbox = outbox_name in metadata.tables
        self.outbox = (
            Outbox(self.database, metadata.tables[outbox_name], f"driveline/{service}") if has_outbox else None
        )
        self.timers = Timers(self.outbox) if self.outbox is not None else None
        self.health = Health(database=self.database, broker=self.broker)
        self.verifier = verifier or Verifier(settings.issuer)
        self._relay = relay
        self.on_start: list[Callable[[], Awaitable[Any]]] = []
        self.on_stop: list[Callable[[], Awaitable[Any]]] = []

    def consume(self, group: str, handler: Handler, topics: Sequence[str], **options: Any) -> Consumer:
        """Apply the events of these topics with a handler; see `chassis.consumer.consume`."""
        return consume(
            self.broker,
            service=self.service,
            group=group,
            handler=handler,
            topics=topics,
            dead_letters=self.dead_letters,
            database=self.database,
            **options,
        )

    def app(self) -> FastAPI:
        """The service's application, with the common routes."""
        return make_app(
            self.service,
            self.settings,
            lifespan=self._lifespan,
            health=self.health,
            verifier=self.verifier,
            outbox=self.outbox,
            broker=self.broker,
        )

    @asynccontextmanager
    async def _lifespan(self, _app: FastAPI) -> AsyncIterator[None]:
        # HTTP answers at once, /readyz says what is missing: a service does not die because Kafka is late.
        starting = asyncio.create_task(self._start())
        try:
            yield
        finally:
            await end(starting)
            await self._stop()

    async def _start(self) -> None:
        backoff, attempt = Backoff(first_s=0.2, cap_s=5.0), 0
        while True:
            try:
                await self.broker.start()
                if self.outbox is not None and self._relay:
                    await self.outbox.start(self.broker)
                for start in self.on_start:
                    await start()
            except (Exception, asyncio.CancelledError) as away:
                if ends_us(away):
                    raise
                attempt += 1
                log.warning("not started yet", reason=reason_of(away), attempt=attempt)
                await self._stop_parts()
                await asyncio.sleep(backoff.seconds(attempt))
            else:
                self.health.started = True
                log.info("started")
                return

    async def _stop(self) -> None:
        self.health.started = False
        await self._stop_parts()
        await _quietly(self.database.close)
        log.info("stopped")

    async def _stop_parts(self) -> None:
        for stop in reversed(self.on_stop):
            await _quietly(stop)
        # Consumers and relay finish what they have in hand at the same time; then nobody needs the producer any more.
        drains = [self.broker.drain] if self.outbox is None else [self.broker.drain, self.outbox.stop]
        await asyncio.gather(*(_quietly(drain) for drain in drains))
        await _quietly(self.broker.producer.stop)


async def _quietly(stop: Callable[[], Awaitable[Any]]) -> None:
    """Stop one part; whatever happens, the others are stopped too, and in time."""
    try:
        async with asyncio.timeout(STOP_S):
            await stop()
    except (Exception, asyncio.CancelledError) as why:
        if ends_us(why):
            raise
        log.warning("not stopped cleanly", reason=reason_of(why))
