"""Intake that goes on while something else is measured."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from confluent_kafka import Producer

from driveline_bench.market import History, Shop, submitted
from driveline_bench.testbed import PAY, Testbed


@contextmanager
def trickle(bed: Testbed, market: list[Shop], history: History, per_second: int, seed: int) -> Iterator[list[int]]:
    """New submissions at a steady rate until the end; yields a list whose only element counts them."""
    producer = Producer(
        {"bootstrap.servers": bed.servers.kafka, "partitioner": "murmur2_random", "linger.ms": 5, "log_level": 2}
    )
    stop, count = threading.Event(), [0]

    def run() -> None:
        began = time.perf_counter()
        for key, value, headers in submitted(market, 10_000_000, 0.0, seed=seed, history=history):
            while (ahead := began + count[0] / per_second - time.perf_counter()) > 0:
                time.sleep(min(ahead, 0.01))
            if stop.is_set():
                break
            producer.produce(PAY, value, key, headers=headers)
            producer.poll(0)
            count[0] += 1
        producer.flush()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield count
    finally:
        stop.set()
        thread.join()
