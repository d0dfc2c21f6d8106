"""Which topic it is that has a name now: Kafka gives every topic an id when it is made, and never gives it again.

A topic that was deleted and made again has the name of the old one, and offsets that begin anew. Only its id tells.
aiokafka asks for metadata of before ids; the request of version 12 (KIP-516) is spelled here, with the client's own types.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

from aiokafka.client import AIOKafkaClient
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import (
    AbstractType,
    Boolean,
    CompactArray,
    CompactString,
    Int16,
    Int32,
    Schema,
    TaggedFields,
)


class Topic(NamedTuple):
    """A topic as the brokers know it now."""

    id: str
    partitions: int


class _Uuid(AbstractType):  # type: ignore[misc]
    @classmethod
    def encode(cls, value: bytes) -> bytes:
        return value

    @classmethod
    def decode(cls, data: Any) -> bytes:
        read: bytes = data.read(16)
        return read


_NAME = CompactString("utf-8")
_TAGS = ("tags", TaggedFields)


class _Metadata(Response):  # type: ignore[misc]
    API_KEY = 3
    API_VERSION = 12
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        ("brokers", CompactArray(("node_id", Int32), ("host", _NAME), ("port", Int32), ("rack", _NAME), _TAGS)),
        ("cluster_id", _NAME),
        ("controller_id", Int32),
        (
            "topics",
            CompactArray(
                ("error_code", Int16),
                ("name", _NAME),
                ("topic_id", _Uuid),
                ("is_internal", Boolean),
                (
                    "partitions",
                    CompactArray(
                        ("error_code", Int16),
                        ("partition", Int32),
                        ("leader", Int32),
                        ("leader_epoch", Int32),
                        ("replicas", CompactArray(Int32)),
                        ("isr", CompactArray(Int32)),
                        ("offline", CompactArray(Int32)),
                        _TAGS,
                    ),
                ),
                ("operations", Int32),
                _TAGS,
            ),
        ),
        _TAGS,
    )


class _Asked(RequestStruct):  # type: ignore[misc]
    API_KEY = 3
    API_VERSION = 12
    FLEXIBLE_VERSION = True
    RESPONSE_TYPE = _Metadata
    SCHEMA = Schema(
        ("topics", CompactArray(("topic_id", _Uuid), ("name", _NAME), _TAGS)),
        ("allow_auto_topic_creation", Boolean),
        ("include_operations", Boolean),
        _TAGS,
    )


class _Ask(Request[_Asked]):  # type: ignore[misc]
    API_KEY = 3

    def __init__(self, names: Iterable[str]) -> None:
        self._names = list(names)

    def build(self, request_struct_class: type[_Asked]) -> _Asked:
        return request_struct_class([(bytes(16), name, {}) for name in self._names], False, False, {})


async def topics_now(client: AIOKafkaClient, names: Iterable[str]) -> dict[str, Topic]:
    """These topics as a broker knows them now; one that is not there is left out. Raises what the client raises."""
    answer = await client.send(client.get_random_node(), _Ask(names))
    return {
        name: Topic(topic_id.hex(), len(partitions))
        for error, name, topic_id, _, partitions, *_ in answer.topics
        if error == 0
    }
