"""The Kafka broker object of a service, with safe defaults; every subscriber is added to it by `chassis.consumer`."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import TYPE_CHECKING

from aiokafka import AIOKafkaConsumer
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.security import SASLScram512

from chassis import logs, wire
from chassis.ending import to_its_end
from chassis.producer import Producer, kafka_security
from chassis.settings import ServiceSettings

if TYPE_CHECKING:
    from chassis.consumer import Consumer

log = logs.get(__name__)

wire.install()


class Broker(KafkaBroker):
    """FastStream's broker for consuming; publishing goes through `.producer`, which keeps any header and any null."""

    producer: Producer
    consumers: list[Consumer]

    async def start(self) -> None:
        """Connect the producer, then every subscriber."""
        await self.producer.start()
        await super().start()

    async def stop(
        self,
        exc_type: type[BaseException] | None = None,  # noqa: ARG002 - FastStream's signature
        exc_val: BaseException | None = None,  # noqa: ARG002
        exc_tb: TracebackType | None = None,  # noqa: ARG002
    ) -> None:
        """Drain and stop every subscriber, then the producer."""
        await self.drain()
        await self.producer.stop()

    async def drain(self) -> None:
        """Stop every subscriber after the batch that it has in hand; the producer goes on for others."""
        await to_its_end(super().stop())
        for consumer in self.consumers:
            consumer.waiting.clear()


def kafka_broker(
    settings: ServiceSettings, *, producer: Producer | None = None, new_topics_within_s: float = 300.0
) -> Broker:
    """A broker that acknowledges only by hand, creates no topic, and publishes with acks=all and idempotence.

    A subscriber by pattern meets topics that were made later within `new_topics_within_s`.
    """
    security = (
        SASLScram512(settings.kafka_user, settings.kafka_password, use_ssl=False)
        if settings.kafka_user and settings.kafka_password
        else None
    )
    broker = Broker(
        settings.kafka.split(","),
        client_id=settings.instance or "driveline",
        consumer_only=True,  # its own producer would be a second one, with string headers only
        acks="all",
        enable_idempotence=True,
        allow_auto_create_topics=False,
        ack_policy=AckPolicy.MANUAL,
        apply_types=False,  # handlers get records; validating them is the consumer's job, one by one
        graceful_timeout=2.5,
        metadata_max_age_ms=int(new_topics_within_s * 1000),
        logger=None,
        security=security,
    )
    broker.producer = producer or Producer(settings)
    broker.consumers = []
    return broker


async def leave(consumer: AIOKafkaConsumer, within_s: float = 30.0) -> None:
    """Stop a raw consumer. One that does not come to its end is left behind, loudly: nobody waits for it for ever."""
    stopping = asyncio.create_task(consumer.stop())
    await asyncio.wait([stopping], timeout=within_s)
    if not stopping.done():
        log.error("consumer does not stop", within_s=within_s)
    elif stopping.cancelled():  # aiokafka lets out that it cancelled a task of its own
        log.info("consumer stopped early")
    else:
        stopping.result()


def safe_consumer(
    settings: ServiceSettings, *, group: str | None, auto_offset_reset: str = "none", **options: object
) -> AIOKafkaConsumer:
    """A raw consumer for loops of one's own: commits by hand, never jumps to the end of the log."""
    if auto_offset_reset not in {"none", "earliest"}:
        raise ValueError(f"auto_offset_reset: {auto_offset_reset!r} would lose records; 'none' or 'earliest'")
    return AIOKafkaConsumer(
        bootstrap_servers=settings.kafka,
        client_id=settings.instance or "driveline",
        group_id=group,
        enable_auto_commit=False,
        auto_offset_reset=auto_offset_reset,
        **kafka_security(settings),
        **options,
    )
