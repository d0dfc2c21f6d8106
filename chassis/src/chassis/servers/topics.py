"""Topics on a broker: made, brought to their settings, compared with what they should be."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaConnectionError, KafkaError, for_code

from chassis.servers.address import aiokafka_options
from chassis.servers.databases import run
from chassis.servers.errors import ServerError

if TYPE_CHECKING:
    from contracts.topics import Topic

ALREADY_EXISTS = 36
NOT_CONTROLLER = 41


@dataclass(frozen=True)
class Wanted:
    """A topic as it should be on the broker."""

    name: str
    partitions: int = 1
    configs: Mapping[str, str] = field(default_factory=dict)


def from_contract(topic: "Topic", *, production: bool = False) -> Wanted:
    """The topic table's line as the broker's settings."""
    return Wanted(
        topic.name,
        topic.production_partitions if production else topic.partitions,
        {
            "cleanup.policy": topic.cleanup,
            "retention.ms": str(topic.retention_ms),
            "max.message.bytes": str(topic.max_message_bytes),
        },
    )


@dataclass(frozen=True)
class Difference:
    """One thing on the broker that is not as it should be."""

    topic: str
    what: str
    found: str
    wanted: str

    def __str__(self) -> str:
        return f"{self.topic}: {self.what} is {self.found}, should be {self.wanted}"


def make_topics(bootstrap: str, topics: Iterable[Wanted]) -> list[str]:
    """Make those that are missing, and return their names; every partition has a leader afterwards."""
    return run(_make(bootstrap, list(topics)))


def apply_topics(bootstrap: str, topics: Iterable[Wanted]) -> list[str]:
    """Make what is missing and set what differs; returns what was done. A wrong partition count is left for `check`."""
    return run(_apply(bootstrap, list(topics)))


def grow_topics(bootstrap: str, names: Iterable[str], partitions: int) -> dict[str, int]:
    """Give topics more partitions; how many each had. A key keeps its partition, or moves to a new one.

    Raises ServerError when a topic is missing, or has more already, or not a divisor of the new number.
    """
    return run(_grow(bootstrap, list(names), partitions))


def check_topics(bootstrap: str, topics: Iterable[Wanted]) -> list[Difference]:
    """What is missing or different on the broker."""
    return run(_check(bootstrap, list(topics)))


@asynccontextmanager
async def _admin(bootstrap: str) -> AsyncIterator[Any]:
    admin = AIOKafkaAdminClient(
        bootstrap_servers=bootstrap, client_id="driveline-topics", **aiokafka_options(bootstrap)
    )
    try:
        await admin.start()
        yield admin
    except KafkaConnectionError:
        raise ServerError(f"kafka: nobody answers at {bootstrap}") from None
    except KafkaError as error:
        raise ServerError(f"kafka: {bootstrap}: {error}") from error
    finally:
        await admin.close()


async def _make(bootstrap: str, topics: list[Wanted]) -> list[str]:
    async with _admin(bootstrap) as admin:
        there = await _found(admin)
        missing = [topic for topic in topics if topic.name not in there]
        if missing:
            await _create(admin, missing)
            await _led(admin, missing)
        return [topic.name for topic in missing]


async def _create(admin: Any, topics: list[Wanted], seconds: float = 30) -> None:
    """One request for all; a controller that has just started may first say that it is none."""
    asked = [NewTopic(topic.name, topic.partitions, 1, topic_configs=dict(topic.configs)) for topic in topics]
    deadline = time.monotonic() + seconds
    while True:
        answer = await admin.create_topics(asked)
        failed = [(name, code, text) for name, code, text in answer.topic_errors if code not in (0, ALREADY_EXISTS)]
        if not failed:
            return
        if time.monotonic() > deadline or any(code != NOT_CONTROLLER for _, code, _ in failed):
            name, code, text = failed[0]
            raise ServerError(f"{name}: the broker refuses the topic: {text or for_code(code).__name__}")
        await asyncio.sleep(0.2)


async def _led(admin: Any, topics: list[Wanted], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while True:
        there = await _found(admin)
        if all(there.get(topic.name, 0) >= topic.partitions for topic in topics):
            return
        if time.monotonic() > deadline:
            raise ServerError(f"topics: no leader for every partition within {seconds:.0f} s")
        await asyncio.sleep(0.05)


async def _grow(bootstrap: str, names: list[str], partitions: int) -> dict[str, int]:
    async with _admin(bootstrap) as admin:
        there = await _found(admin)
        for name in names:
            if name not in there:
                raise ServerError(f"{name}: there is no such topic")
            if there[name] > partitions:
                raise ServerError(f"{name}: has {there[name]} partitions, and Kafka takes none away")
            if partitions % there[name]:
                raise ServerError(
                    f"{name}: has {there[name]} partitions, and {partitions} is no multiple of that:"
                    " keys would move between the partitions that there are"
                )
        smaller = {name: NewPartitions(partitions) for name in names if there[name] < partitions}
        if smaller:
            await admin.create_partitions(smaller)
            await _led(admin, [Wanted(name, partitions) for name in smaller])
        return {name: there[name] for name in names}


async def _found(admin: Any) -> dict[str, int]:
    """The number of partitions with a leader, by topic."""
    return {
        topic["topic"]: sum(1 for partition in topic["partitions"] if partition["leader"] >= 0)
        for topic in await admin.describe_topics()
        if topic["error_code"] == 0
    }


async def _check(bootstrap: str, topics: list[Wanted]) -> list[Difference]:
    async with _admin(bootstrap) as admin:
        there = await _found(admin)
        present = [topic for topic in topics if topic.name in there]
        configs = await _configs(admin, present)
        found = [Difference(topic.name, "topic", "missing", "there") for topic in topics if topic.name not in there]
        for topic in present:
            if there[topic.name] != topic.partitions:
                found.append(Difference(topic.name, "partitions", str(there[topic.name]), str(topic.partitions)))
            for key, value in topic.configs.items():
                has = configs[topic.name].get(key, "unset")
                if has != value:
                    found.append(Difference(topic.name, key, has, value))
        return found


async def _configs(admin: Any, topics: list[Wanted]) -> dict[str, dict[str, str]]:
    if not topics:
        return {}
    resources = [ConfigResource(ConfigResourceType.TOPIC, topic.name, dict.fromkeys(topic.configs)) for topic in topics]
    return {
        name: {entry[0]: entry[1] for entry in entries}
        for answer in await admin.describe_configs(resources)
        for _code, _text, _kind, name, entries in answer.resources
    }


async def _apply(bootstrap: str, topics: list[Wanted]) -> list[str]:
    done = [f"{name}: made" for name in await _make(bootstrap, topics)]
    different = [item for item in await _check(bootstrap, topics) if item.what not in ("topic", "partitions")]
    wanted = {topic.name: topic for topic in topics}
    async with _admin(bootstrap) as admin:
        for name in dict.fromkeys(item.topic for item in different):
            await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, name, dict(wanted[name].configs))])
    return done + [f"{item.topic}: {item.what} {item.found} -> {item.wanted}" for item in different]
