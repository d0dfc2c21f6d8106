"""The outside producer: a program of a partner's own that knows Kafka and nothing else of Driveline.

`python -m driveline.demo.producer FILE HOST:PORT` publishes a file of records, one JSON object a line, in their order for each
key, and writes its progress to standard output, one JSON object a line.
"""

import asyncio
import base64
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaProducer

LARGEST = 5 * 1024 * 1024
REPORT_EACH = 500


def records(path: Path) -> Iterator[dict[str, Any]]:
    """The file's records, decoded."""
    with path.open() as lines:
        for line in lines:
            told = json.loads(line)
            value = None if told["value"] is None else base64.b64decode(told["value"])
            yield {
                "topic": told["topic"],
                "key": told["key"].encode(),
                "value": value if value is None else value.ljust(told["pad_to"]),
                "headers": [(name, None if raw is None else base64.b64decode(raw)) for name, raw in told["headers"]],
                "partition": told["partition"],
            }


async def publish(path: Path, bootstrap: str) -> int:
    """Publish everything; returns when Kafka has acknowledged all of it."""
    sent = 0
    async with AIOKafkaProducer(
        bootstrap_servers=bootstrap, acks="all", enable_idempotence=True, max_request_size=LARGEST, linger_ms=20
    ) as producer:
        waiting = []
        for record in records(path):
            waiting.append(await producer.send(**record))
            if len(waiting) == REPORT_EACH:
                await asyncio.gather(*waiting)
                sent += len(waiting)
                waiting.clear()
                print(json.dumps({"sent": sent}), flush=True)
        await asyncio.gather(*waiting)
    return sent + len(waiting)


def main() -> None:
    begun = time.monotonic()
    sent = asyncio.run(publish(Path(sys.argv[1]), sys.argv[2]))
    print(json.dumps({"sent": sent, "seconds": round(time.monotonic() - begun, 3)}), flush=True)


if __name__ == "__main__":
    main()
