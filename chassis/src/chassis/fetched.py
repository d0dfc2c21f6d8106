"""What one fetch brought of one partition: whole record batches as they stand in the log, unpacked only when asked.

A client's object for each record and header costs more than most loops do with the record. A loop that reads many
records itself takes its batches as they came (`AS_FETCHED`), and has single ones unpacked by the client as ever.
"""

import struct
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any, Final, NamedTuple

import google_crc32c
from aiokafka import ConsumerRecord
from aiokafka.codec import gzip_decode, lz4_decode, snappy_decode, zstd_decode
from aiokafka.errors import CorruptRecordException

# Kafka's record batch, version 2 (KIP-98): base offset, length, leader epoch, magic, checksum, attributes, last offset
# delta, two timestamps, producer id, epoch and sequence, number of records; then the records, compressed or not.
_HEAD: Final = struct.Struct(">qiibIhiqqqhii")
_BEFORE_LENGTH: Final = 12  # the length counts what follows it
_BEFORE_CHECKED: Final = 21  # and the checksum what follows the checksum
_CODEC, _CONTROL = 0x07, 0x20
_DECODE: Final[dict[int, Callable[[bytes], bytes]]] = {
    1: gzip_decode,
    2: snappy_decode,
    3: lz4_decode,
    4: zstd_decode,
}


class Batch(NamedTuple):
    """Some records, one after the other, at `data[start:end]` of the fetch."""

    base_offset: int
    records: int
    start: int
    end: int


class Fetched:
    """One fetch of one partition, from offset `first` up to `next`. Raises CorruptRecordException for a wrong checksum."""

    def __init__(self, topic: str, partition: int, raw: bytes, first: int, unpack: Callable[[], Iterator[Any]]) -> None:
        self.topic = topic
        self.partition = partition
        self.first = first
        self.next = first
        self.contiguous = True
        """Whether there is a record at every offset from `first` up to `next`."""
        self.batches: list[Batch] | None = []
        """None when the log is in a format of before version 2: only `records` can read it."""
        self._unpack = unpack
        self._parts = [raw]
        self._read(raw)
        self.data = b"".join(self._parts)
        del self._parts

    @cached_property
    def records(self) -> tuple[ConsumerRecord[Any, Any], ...]:
        """Every record, unpacked by the client."""
        return tuple(self._unpack())

    def at(self, offset: int) -> ConsumerRecord[Any, Any] | None:
        """The record at an offset, unpacked by the client."""
        return next((record for record in self.records if record.offset == offset), None)

    def _read(self, raw: bytes) -> None:
        at, appended = 0, len(raw)
        while at + _BEFORE_LENGTH <= len(raw):
            length = int.from_bytes(raw[at + 8 : at + 12], "big")
            end = at + _BEFORE_LENGTH + length
            if end > len(raw):  # the broker cuts its answer at a number of bytes; the rest comes with the next fetch
                return
            if raw[at + 16] != 2:
                self._of_old()
                return
            base, _, _, _, checksum, attributes, last, *_, count = _HEAD.unpack_from(raw, at)
            if google_crc32c.value(raw[at + _BEFORE_CHECKED : end]) != checksum:
                raise CorruptRecordException(f"Invalid CRC - {self.topic} {self.partition} at offset {base}")
            if base + last >= self.first:
                self.contiguous &= base <= self.next and count == last + 1 and not attributes & _CONTROL
                start, until = at + _HEAD.size, end
                if attributes & _CODEC:
                    plain = bytes(_DECODE[attributes & _CODEC](raw[start:end]))
                    self._parts.append(plain)
                    start, until = appended, appended + len(plain)
                    appended = until
                if not attributes & _CONTROL and self.batches is not None:
                    self.batches.append(Batch(base, count, start, until))
                self.next = base + last + 1
            at = end

    def _of_old(self) -> None:
        self.batches = None
        offsets = [record.offset for record in self.records]
        self.contiguous = offsets == list(range(self.first, self.first + len(offsets)))
        self.next = offsets[-1] + 1 if offsets else self.first


def AS_FETCHED(_: bytes) -> None:  # noqa: N802 - a mark, not a function
    """As a consumer's `key_deserializer`: `getmany` gives a `Fetched` in place of records (see `chassis.wire`)."""
    raise TypeError("AS_FETCHED: needs chassis.wire, which chassis.broker installs")
