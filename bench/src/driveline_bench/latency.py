"""From published to durable: an open loop at a steady rate, whatever the exchange does meanwhile."""

import socket
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import hiredis
from confluent_kafka import Producer
from contracts.codec import partition_of
from hiredis import pack_command

from driveline_bench.figures import percentile
from driveline_bench.market import Message, submitted
from driveline_bench.testbed import PARTITIONS, PAY, Testbed, a_testbed, wait

PER_SECOND = 2_000
_WARM_S = 15  # until the broker's JVM has compiled what it runs: not what a steady rate is about
_POLL_S = 0.002
_PRODUCE_S = 0.001


@dataclass
class Watermarks:
    """When each shard's watermark of pay was first seen where it is: (time, next offset), by partition. A thread polls."""

    bed: Testbed
    seen: list[list[tuple[float, int]]] = field(default_factory=lambda: [[] for _ in range(PARTITIONS)])
    _stop: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> "Watermarks":
        self._thread = threading.Thread(target=self._poll, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _poll(self) -> None:
        # By hand, because a client library that asks 500 times a second takes a third of a core away from what is measured.
        where = urlsplit(self.bed.servers.redis)
        keys = [self.bed.key(partition, "meta") for partition in range(PARTITIONS)]
        asked = b"".join(pack_command(("HGET", key, f"next:{PAY}")) for key in keys)  # type: ignore[arg-type]
        reader, last = hiredis.Reader(), False
        with socket.create_connection((where.hostname, where.port)) as store:
            while not last:
                last = self._stop.is_set()  # one more look: the last records may have come past since the one before
                store.sendall(asked)
                found: list[bytes | None] = []
                while len(found) < len(keys):
                    if (reply := reader.gets()) is not False:
                        found.append(reply)
                    else:
                        reader.feed(store.recv(65536))
                now = time.perf_counter()
                for known, raw in zip(self.seen, found, strict=True):
                    if raw is not None and (not known or known[-1][1] != int(raw)):
                        known.append((now, int(raw)))
                time.sleep(_POLL_S)

    def times(self, sent: Sequence[Sequence[tuple[float, int]]]) -> list[float]:
        """Seconds from each (time, offset) sent, by partition, to the first watermark past it."""
        took = []
        for known, records in zip(self.seen, sent, strict=True):
            at = 0
            for began, offset in records:
                while known[at][1] <= offset:
                    at += 1
                took.append(known[at][0] - began)
        return took


def latency(events: int, members: int) -> None:
    """`events` at 2,000 a second; each is due at a time of its own, and late from then on."""
    with a_testbed(members) as bed:
        process = bed.start_exchange()
        wait(process.ready, 60, "the exchange being ready", bed.folder)
        warm = PER_SECOND * _WARM_S
        messages = list(submitted(bed.market, warm + events))
        with Watermarks(bed) as marks:
            sent = open_loop(bed, messages)
            wait(lambda: bed.reached(PAY) >= len(messages), 60, "collecting the last events", bed.folder)
        took = marks.times([[(due, at) for number, due, at in records if number >= warm] for records in sent])
        print(
            f"{len(took):,} events at {PER_SECOND:,}/s, from when each was due to the watermark past it in Redis:"
            f" p50 {percentile(took, 50) * 1e3:.0f} ms, p99 {percentile(took, 99) * 1e3:.0f} ms,"
            f" max {max(took) * 1e3:.0f} ms"
        )


def open_loop(bed: Testbed, messages: Sequence[Message]) -> list[list[tuple[int, float, int]]]:
    """Publish at the rate; (number, due, offset) of each, by partition in the order of offsets."""
    producer = Producer(
        {"bootstrap.servers": bed.servers.kafka, "partitioner": "murmur2_random", "linger.ms": 2, "acks": "all"}
    )
    sent: list[list[tuple[int, float, int]]] = [[] for _ in range(PARTITIONS)]
    before = [int(bed.meta(p, f"next:{PAY}") or 0) for p in range(PARTITIONS)]
    began, number = time.perf_counter(), 0
    while number < len(messages):
        # All that is due by now; each is late from its own time on, whatever this loop does.
        while number < len(messages) and (due := began + number / PER_SECOND) <= time.perf_counter():
            key, value, headers = messages[number]
            producer.produce(PAY, value, key, headers=headers)
            partition = partition_of(key.decode(), PARTITIONS)
            sent[partition].append((number, due, before[partition] + len(sent[partition])))
            number += 1
        producer.poll(0)
        time.sleep(_PRODUCE_S)
    producer.flush()
    return sent
