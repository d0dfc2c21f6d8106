"""Sending records to Kafka with every acknowledgement awaited."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial

from chassis.servers.address import librdkafka_options
from confluent_kafka import KafkaError, KafkaException, Message, Producer
from contracts.event import Refused

from driveline.errors import UserError
from driveline.events import Record

REACHABLE_WITHIN = 10.0
DELIVERED_WITHIN = 120.0


@dataclass
class Sent:
    """What became of a file's lines."""

    records: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)

    def delivered(self, number: int, error: KafkaError | None, _message: Message) -> None:
        if error is None:
            self.records += 1
        else:
            self.refused.append((number, f"value: Kafka refuses it: {error.str()}"))


def send(bootstrap: str, work: Iterable[tuple[int, Record | Refused]]) -> Sent:
    """Send each record to the partition that Kafka's Java clients give its key; refusals and failures are collected."""
    producer = Producer(
        {
            **librdkafka_options(bootstrap),
            "client.id": "driveline-publish",
            "acks": "all",
            "enable.idempotence": True,
            "partitioner": "murmur2_random",
            "linger.ms": 20,
            "message.max.bytes": 5 * 1024 * 1024,
            "delivery.timeout.ms": int(DELIVERED_WITHIN * 1000),
        }
    )
    sent = Sent()
    known: set[str] = set()
    for number, record in work:
        if isinstance(record, Refused):
            sent.refused.append((number, str(record)))
            continue
        if record.topic not in known:
            _must_exist(producer, bootstrap, record.topic)
            known.add(record.topic)
        _produce(producer, number, record, sent)
        producer.poll(0)
    producer.flush(DELIVERED_WITHIN)
    sent.refused.sort()
    return sent


def _produce(producer: Producer, number: int, record: Record, sent: Sent) -> None:
    while True:
        try:
            producer.produce(
                record.topic,
                record.value,
                record.key,
                headers=list(record.headers),
                on_delivery=partial(sent.delivered, number),
            )
        except BufferError:  # the client's queue is full: let it drain
            producer.poll(0.1)
        except KafkaException as error:
            sent.refused.append((number, f"value: Kafka refuses it: {error.args[0].str()}"))
            return
        else:
            return


def _must_exist(producer: Producer, bootstrap: str, topic: str) -> None:
    try:
        found = producer.list_topics(topic, timeout=REACHABLE_WITHIN).topics[topic]
    except KafkaException as error:
        raise UserError(f"kafka: nobody answers at {bootstrap}: {error.args[0].str()}") from None
    if found.error is not None or not found.partitions:
        raise UserError(f"topic: {topic} is not on this cluster; see `driveline topics check`")
