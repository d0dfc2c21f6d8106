"""The one Kafka producer of a process: idempotent, acknowledged by all in-sync replicas, keys placed as Java does."""

import asyncio
import contextlib
from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

from aiokafka import AIOKafkaProducer
from aiokafka.errors import (
    InvalidProducerEpoch,
    InvalidProducerIdMapping,
    KafkaError,
    MessageSizeTooLargeError,
    OutOfOrderSequenceNumber,
    ProducerClosed,
    ProducerFenced,
    RecordTooLargeError,
    UnknownProducerId,
)
from aiokafka.structs import RecordMetadata

from chassis import logs
from chassis.settings import ServiceSettings

Headers: TypeAlias = Sequence[tuple[str, bytes | None]]
Sent: TypeAlias = asyncio.Future[RecordMetadata]

# Larger than any topic allows: what is too large is for the topic to say, and a dead letter is its record plus headers.
MAX_REQUEST_BYTES = 4 * 1024 * 1024
# A topic that was given more partitions: until a producer has heard of them, keys go to where they used to live.
METADATA_MS = 10_000
# After these the client's sequence numbers no longer agree with the broker's; every later send would fail as well.
_LOST_SEQUENCE = (
    OutOfOrderSequenceNumber,
    InvalidProducerEpoch,
    InvalidProducerIdMapping,
    ProducerFenced,
    ProducerClosed,
    UnknownProducerId,
)
TOO_LARGE = (MessageSizeTooLargeError, RecordTooLargeError)

log = logs.get(__name__)


def kafka_security(settings: ServiceSettings) -> dict[str, str]:
    """The client options for SASL/SCRAM, or none."""
    if not (settings.kafka_user and settings.kafka_password):
        return {}
    return {
        "security_protocol": "SASL_PLAINTEXT",
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": settings.kafka_user,
        "sasl_plain_password": settings.kafka_password,
    }


def safe_producer(settings: ServiceSettings) -> AIOKafkaProducer:
    """The only place where a service's producer is made. aiokafka's default partitioner is Java's murmur2."""
    return AIOKafkaProducer(
        bootstrap_servers=settings.kafka,
        client_id=settings.instance or None,
        acks="all",
        enable_idempotence=True,
        max_request_size=MAX_REQUEST_BYTES,
        max_batch_size=256 * 1024,
        linger_ms=0,
        metadata_max_age_ms=METADATA_MS,
        **kafka_security(settings),
    )


class Producer:
    """Publishes keyed records. While Kafka is away a send waits; it fails only when it can never succeed."""

    def __init__(self, settings: ServiceSettings) -> None:
        self._settings = settings
        self._client: AIOKafkaProducer | None = None
        self._renewing = asyncio.Lock()

    @property
    def started(self) -> bool:
        """Whether there is a client to send with."""
        return self._client is not None

    async def start(self) -> None:
        """Connect; raises a KafkaError when no broker answers."""
        if self._client is not None:
            return
        client = safe_producer(self._settings)
        try:
            await client.start()
        except BaseException:
            await client.stop()
            raise
        self._client = client

    async def stop(self, within_s: float = 1.0) -> None:
        """Send what is queued, but do not wait long for a Kafka that is away: nothing unacknowledged was promised."""
        client, self._client = self._client, None
        if client is not None:
            try:
                async with asyncio.timeout(within_s):
                    await client.stop()
            except (TimeoutError, KafkaError) as why:
                log.warning("producer stopped with records unsent", reason=repr(why))

    async def send_soon(
        self,
        topic: str,
        value: bytes | None,
        *,
        key: bytes | str | None = None,
        headers: Headers = (),
        partition: int | None = None,
    ) -> Sent:
        """Queue a record and return the future of its acknowledgement; not awaited, a loss goes unnoticed."""
        client = self._client
        if client is None:
            raise ProducerClosed
        encoded = key.encode() if isinstance(key, str) else key
        try:
            sent: Sent = await client.send(topic, value=value, key=encoded, partition=partition, headers=list(headers))
        except _LOST_SEQUENCE as lost:
            await self._renew(client, lost)
            raise
        return sent

    async def send(
        self,
        topic: str,
        value: bytes | None,
        *,
        key: bytes | str | None = None,
        headers: Headers = (),
        partition: int | None = None,
    ) -> RecordMetadata:
        """Publish one record and return once all in-sync replicas have it."""
        sent = await self.send_soon(topic, value, key=key, headers=headers, partition=partition)
        return (await self.confirm([sent]))[0]

    async def confirm(self, sent: Iterable[Sent]) -> list[RecordMetadata]:
        """Wait for acknowledgements; raises the first error. A client that lost its sequence is replaced."""
        client = self._client
        try:
            return list(await asyncio.gather(*sent))
        except _LOST_SEQUENCE as lost:
            if client is not None:
                await self._renew(client, lost)
            raise

    async def _renew(self, broken: AIOKafkaProducer, why: BaseException) -> None:
        async with self._renewing:
            current: Any = self._client
            if current is not broken:
                return
            log.warning("producer renewed", reason=repr(why))
            fresh = safe_producer(self._settings)
            await fresh.start()
            self._client = fresh
        with contextlib.suppress(TimeoutError, KafkaError):
            async with asyncio.timeout(1.0):
                await broken.stop()
