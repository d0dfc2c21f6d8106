"""The ceiling: an aiokafka consumer that reads a topic's records and does nothing with them.

Run as `python -m driveline_bench.raw_consumer BOOTSTRAP TOPIC COUNT`; prints one JSON line.
"""

import json
import resource
import sys
import time

from aiokafka import AIOKafkaConsumer


async def read(bootstrap: str, topic: str, count: int) -> dict[str, float]:
    """Read `count` records from the beginning of all partitions."""
    consumer = AIOKafkaConsumer(
        topic,
        bootstrap_servers=bootstrap,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        max_partition_fetch_bytes=4 * 1024 * 1024,
        fetch_max_bytes=32 * 1024 * 1024,
    )
    await consumer.start()
    try:
        began, cpu, seen = time.perf_counter(), _cpu(), 0
        while seen < count:
            for records in (await consumer.getmany(timeout_ms=1000, max_records=20_000)).values():
                seen += len(records)
        seconds = time.perf_counter() - began
        return {"events": seen, "seconds": seconds, "cpu_us": (_cpu() - cpu) / seen * 1e6}
    finally:
        await consumer.stop()


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    import uvloop

    result = uvloop.run(read(sys.argv[1], sys.argv[2], int(sys.argv[3])))
    print(json.dumps(result))
