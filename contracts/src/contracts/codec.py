"""The door to the wire: everything that turns bytes into events and back."""

from contracts.cloud_event import MAX_ATTRIBUTE_BYTES, MAX_EVENT_BYTES, CloudEvent, new_event, new_id
from contracts.http_codec import MAX_BATCH_BYTES, decode_each, decode_http
from contracts.kafka_codec import decode_kafka, encode_kafka
from contracts.parsing import parse, parse_data
from contracts.partitions import murmur2, partition_of
from contracts.structured import from_structured, to_structured

__all__ = [
    "MAX_ATTRIBUTE_BYTES",
    "MAX_BATCH_BYTES",
    "MAX_EVENT_BYTES",
    "CloudEvent",
    "decode_each",
    "decode_http",
    "decode_kafka",
    "encode_kafka",
    "from_structured",
    "murmur2",
    "new_event",
    "new_id",
    "parse",
    "parse_data",
    "partition_of",
    "to_structured",
]
