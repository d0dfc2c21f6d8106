"""The parser and decoder that keep FastStream's batch mode from losing good records beside a bad one."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from aiokafka import ConsumerRecord
from faststream.message import StreamMessage

Records = tuple[ConsumerRecord[Any, Any], ...]


async def clean_headers(
    records: Records, parse: Callable[[Records], Awaitable[StreamMessage[Records]]]
) -> StreamMessage[Records]:
    """Parse a batch without any header: FastStream decodes them all, and one that is null or not UTF-8 loses the batch.

    The records as they came, headers included, stay in `raw_message`, where the consumer reads them one by one.
    """
    message = await parse(tuple(replace(record, headers=()) for record in records))
    message.raw_message = records
    return message


async def whole_message(message: StreamMessage[Records]) -> StreamMessage[Records]:
    """Hand the handler the message with its raw records: nothing is decoded for a batch as a whole."""
    return message
