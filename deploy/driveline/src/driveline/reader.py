"""Reading a log from wherever one likes, in no consumer group."""

import time
from collections.abc import Iterable, Iterator

from chassis.servers.address import librdkafka_options
from confluent_kafka import Consumer, KafkaException, Message, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from driveline.errors import UserError

_EARLIEST, _LATEST = OffsetSpec.earliest(), OffsetSpec.latest()  # type: ignore[no-untyped-call]
_AT_ONCE = 5000
_SILENCE_S = 10.0


class Reader:
    """Reads partitions from where it likes, in no group."""

    def __init__(self, bootstrap: str) -> None:
        self._options = librdkafka_options(bootstrap)
        self._consumer = Consumer(
            {
                **self._options,
                "group.id": "driveline-reader",  # required, never used: nothing is subscribed or committed
                "enable.auto.commit": False,
                "enable.partition.eof": False,
                # The broker answers a connection's requests one after the other: the next partition waits this long.
                "fetch.wait.max.ms": 20,
            }
        )
        self._bootstrap = bootstrap

    def __enter__(self) -> "Reader":
        return self

    def __exit__(self, *_: object) -> None:
        self._consumer.close()

    def all_of(self, topic: str) -> Iterator[Message]:
        """Every record that is there now."""
        try:
            known = self._consumer.list_topics(topic, timeout=10).topics[topic]
        except KafkaException as error:
            raise UserError(f"kafka: nobody answers at {self._bootstrap}: {error.args[0].str()}") from None
        for partition in known.partitions:
            first, end = self._consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=10)
            if first < end:
                self._consumer.assign([TopicPartition(topic, partition, first)])
                yield from self._until(end)

    def all_of_many(self, topics: Iterable[str]) -> Iterator[Message]:
        """Every record that is there now on several topics, in no order between partitions; all are fetched at once."""
        admin = AdminClient(self._options)
        try:
            known = admin.list_topics(timeout=10).topics
            spots = [TopicPartition(name, number) for name in topics for number in known[name].partitions]
            begins, ends = (
                {(spot.topic, spot.partition): found.result(timeout=10).offset for spot, found in asked.items()}
                for asked in (admin.list_offsets(dict.fromkeys(spots, which)) for which in (_EARLIEST, _LATEST))
            )
        except KafkaException as error:
            raise UserError(f"kafka: nobody answers at {self._bootstrap}: {error.args[0].str()}") from None
        missing = {spot: end for spot, end in ends.items() if begins[spot] < end}
        self._consumer.assign([TopicPartition(*spot, begins[spot]) for spot in missing])
        silent_since = time.monotonic()
        while missing:
            messages = self._consumer.consume(_AT_ONCE, 0.1)  # waits that long for so many, however many there are
            if messages:
                silent_since = time.monotonic()
            elif time.monotonic() - silent_since > _SILENCE_S:
                raise UserError(f"kafka: no record within {_SILENCE_S:g} s")
            for message in messages:
                if fault := message.error():
                    raise UserError(f"kafka: {fault}")
                spot, offset = (message.topic() or "", message.partition() or 0), message.offset() or 0
                if spot in missing and offset + 1 >= missing[spot]:
                    del missing[spot]
                if offset < ends[spot]:
                    yield message

    def one(self, topic: str, partition: int, offset: int) -> Message:
        try:
            first, end = self._consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=10)
        except KafkaException as error:
            raise UserError(f"{topic}/{partition}: {error.args[0].str()}") from None
        if not first <= offset < end:
            raise UserError(f"{topic}/{partition}/{offset}: there is no such record (there are {first} to {end - 1})")
        self._consumer.assign([TopicPartition(topic, partition, offset)])
        return next(self._until(offset + 1))

    def _until(self, end: int) -> Iterator[Message]:
        while True:
            message = self._consumer.poll(10)
            error = "no record within 10 s" if message is None else message.error()
            if message is None or error:
                raise UserError(f"kafka: {error}")
            yield message
            if (message.offset() or 0) + 1 >= end:
                return
