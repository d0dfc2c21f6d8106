"""Waiting until everything published has had its effect, follow-up events included."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

import httpx
from chassis.servers.address import librdkafka_options
from confluent_kafka import ConsumerGroupTopicPartitions, IsolationLevel, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec
from contracts.topics import TOPICS, partner_topics

from driveline.errors import UserError
from driveline.layout import SERVICES
from driveline.running import Running

# Each pass follows events one hop further: partner's topic, inner topic, outbox, next topic ... The longest chain is shorter.
PASSES = 8
PAUSE = 0.1
LATEST = OffsetSpec.latest()  # type: ignore[no-untyped-call]
EARLIEST = OffsetSpec.earliest()  # type: ignore[no-untyped-call]
Spot = tuple[str, int]  # a topic and a partition


@dataclass(frozen=True)
class Settled:
    """How it went; `waiting` names who was behind when the time was over."""

    passes: int
    seconds: float
    waiting: str | None = None


class Log:
    """Where the log ends and how far each group has come."""

    def __init__(self, bootstrap: str) -> None:
        self._admin = AdminClient(librdkafka_options(bootstrap))
        try:
            there = self._admin.list_topics(timeout=10).topics
        except KafkaException as error:
            raise UserError(f"kafka: nobody answers at {bootstrap}: {error.args[0].str()}") from None
        readers = {topic.name: topic.readers for topic in TOPICS}
        for name in there:
            if name.startswith("partner.") and not name.endswith(".rejected"):
                readers[name] = partner_topics(name.removeprefix("partner."))[0].readers
        self._partitions = {name: list(topic.partitions) for name, topic in there.items() if readers.get(name)}
        self.readers: dict[str, list[str]] = {}
        for name in self._partitions:
            for group in readers[name]:
                self.readers.setdefault(group, []).append(name)

    def ends(self) -> dict[Spot, int]:
        return self._offsets(LATEST)

    def beginnings(self) -> dict[Spot, int]:
        return self._offsets(EARLIEST)

    def committed(self, group: str) -> dict[Spot, int]:
        """What a group has committed; a partition where it never did is left out."""
        spots = [TopicPartition(name, number) for name in self.readers[group] for number in self._partitions[name]]
        asked = self._admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group, spots)])
        try:
            found = asked[group].result(timeout=10).topic_partitions
        except KafkaException:  # no such group yet, or its coordinator is just starting
            return {}
        return {(spot.topic, spot.partition): spot.offset for spot in found if spot.offset >= 0}

    def _offsets(self, which: OffsetSpec) -> dict[Spot, int]:
        asked = {
            TopicPartition(name, number): which for name, numbers in self._partitions.items() for number in numbers
        }
        answers = self._admin.list_offsets(asked, isolation_level=IsolationLevel.READ_UNCOMMITTED)
        try:
            return {(spot.topic, spot.partition): answer.result(timeout=10).offset for spot, answer in answers.items()}
        except KafkaException as error:
            raise UserError(f"kafka: {error.args[0].str()}") from None


def settle(running: Running, seconds: float) -> Settled:
    """A bounded number of passes of: take the end offsets; wait until every consumer is past them; wait until what is due
    in the outboxes is relayed. Ends early when a pass saw the log not grow: then nothing can follow any more."""
    begun = time.monotonic()
    deadline = begun + seconds
    log = Log(running.kafka)
    beginnings = log.beginnings()
    with httpx.Client(timeout=5) as client:
        for number in range(1, PASSES + 1):
            ends = log.ends()
            while waiting := _behind(log, beginnings, ends) or _due(client, running):
                if time.monotonic() > deadline:
                    return Settled(number, time.monotonic() - begun, waiting)
                time.sleep(PAUSE)
            if log.ends() == ends:
                break
    return Settled(number, time.monotonic() - begun)


def settled_within(running: Running, seconds: float) -> Settled:
    """`settle`, for who cannot go on without: UserError with what is still waiting."""
    settled = settle(running, seconds)
    if settled.waiting is not None:
        raise UserError(f"not settled within {seconds:.0f} s: {settled.waiting}")
    return settled


def _behind(log: Log, beginnings: Mapping[Spot, int], ends: Mapping[Spot, int]) -> str | None:
    """The first group that has not come past the ends, in words."""
    for group, names in log.readers.items():
        at = log.committed(group)
        for spot, end in ends.items():
            missing = end - at.get(spot, beginnings[spot])
            if spot[0] in names and missing > 0:
                return f"{group} is {missing} records behind on {spot[0]} partition {spot[1]}"
    return None


def _due(client: httpx.Client, running: Running) -> str | None:
    """The first service whose outbox has rows due, or that does not answer, in words."""
    for service in SERVICES:
        url = str(getattr(running, service.name))
        try:
            due = int(client.get(f"{url}/v1/progress").raise_for_status().json()["outbox_due"])
        except (httpx.HTTPError, ValueError, KeyError) as error:
            return f"{service.name} does not say how far it is ({error})"
        if due:
            return f"{service.name} has {due} outbox rows to relay"
    return None
