"""A guard for aiokafka's reader: one header name that is no text must not cost the records around it; and whole fetches.

Kafka's protocol lets a header's name be any bytes; a client in another language can send such a record. aiokafka decodes
names as UTF-8 while it unpacks a batch, and an error there comes back at every poll: the partition stops for ever, and
not even the records in front of it are given (`tests/test_wire.py`). Here such a batch is read again with lenient names.
A consumer that asked for it (`fetched.AS_FETCHED`) gets what a fetch brought as one `Fetched`, not record by record.
This replaces three names inside `aiokafka.consumer.fetcher`, at import: an undocumented place, hence one file, one test.
"""

from collections.abc import Iterator
from typing import Any, SupportsIndex

from aiokafka import TopicPartition
from aiokafka.consumer import fetcher
from aiokafka.record.default_records import _DefaultRecordBatchPy
from aiokafka.record.legacy_records import LegacyRecordBatch
from aiokafka.record.memory_records import MemoryRecords, _MemoryRecordsPy

from chassis.fetched import AS_FETCHED, Fetched


class _Bytes(bytes):
    """Bytes whose slices can be decoded whatever they are; `\\xff` becomes the four characters of its escape."""

    def __getitem__(self, index: SupportsIndex | slice) -> Any:
        part = super().__getitem__(index)
        return _Bytes(part) if isinstance(part, bytes) else part

    def decode(self, encoding: str = "utf-8", errors: str = "backslashreplace") -> str:
        return super().decode(encoding, errors)


class _LenientBatch(_DefaultRecordBatchPy):  # type: ignore[misc]
    def _maybe_uncompress(self) -> None:
        super()._maybe_uncompress()
        self._buffer: Any = _Bytes(self._buffer)


class _LenientRecords(_MemoryRecordsPy):  # type: ignore[misc]
    def next_batch(self) -> Any:
        part = self._next_slice
        self._cache_next()
        magic = part[self.MAGIC_OFFSET]
        return _LenientBatch(part) if magic >= 2 else LegacyRecordBatch(part, magic)


class KeptRecords:
    """aiokafka's fast reader of one fetched partition, with the bytes kept until it has come to their end."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self._fast = MemoryRecords(raw)
        self.has_next = self._fast.has_next
        self.next_batch = self._fast.next_batch
        self.size_in_bytes = self._fast.size_in_bytes


class LenientPartitionRecords(fetcher.PartitionRecords):  # type: ignore[misc]
    """Unpacks as aiokafka does; a batch with a name that is no text is read again, slowly, from the record reached."""

    @property
    def whole(self) -> bool:
        """Whether it is given as one `Fetched`."""
        return self._key_deserializer is AS_FETCHED

    def _unpack_records(self) -> Iterator[Any]:
        if self.whole:
            yield from self._as_fetched()
            return
        try:
            yield from super()._unpack_records()
        except UnicodeDecodeError:
            self._records: Any = _LenientRecords(self._records.raw)
            yield from super()._unpack_records()

    def _as_fetched(self) -> Iterator[Fetched]:
        found = fetched(self._tp, self._records.raw, self.next_fetch_offset)
        self.next_fetch_offset: int = found.next
        yield found


class AwaitedResult(fetcher.FetchResult):  # type: ignore[misc]  # aiokafka has no types
    """What a fetch brought of a partition, until it is taken.

    When it waits for longer than 0.1 s aiokafka asks the broker for the partitions that have brought nothing. A broker
    that has nothing there answers after half a second, and until then nothing else is asked for over that connection:
    a loop that is busy for a moment stands still for much longer. Who takes whole fetches takes all of them at once,
    so there is nobody to fetch for before that.
    """

    def calculate_backoff(self) -> float:
        """So long no other fetch is begun; it is asked again then."""
        found = self._partition_records
        whole = isinstance(found, LenientPartitionRecords) and found.whole
        waits: float = self._backoff if whole else super().calculate_backoff()
        return waits


def fetched(part: TopicPartition, raw: bytes, first: int) -> Fetched:
    """What a fetch from offset `first` brought: `raw` are record batches, of which the first may begin before it."""

    def unpack() -> Iterator[Any]:
        records = KeptRecords(raw)
        return LenientPartitionRecords(part, records, None, first, None, None, False, fetcher.READ_UNCOMMITTED)

    return Fetched(part.topic, part.partition, raw, first, unpack)


def install() -> None:
    """Let every consumer of this process read through the guard; doing it again changes nothing."""
    fetcher.MemoryRecords = KeptRecords
    fetcher.PartitionRecords = LenientPartitionRecords
    fetcher.FetchResult = AwaitedResult
