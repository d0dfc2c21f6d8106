"""A partner's own program: knows Kafka, by librdkafka, and nothing of Driveline. `python partner_producer.py HOST:PORT [PER_S]`.

Each line of standard input is one record as JSON: topic, key, headers, value (base64 or null), partition (or null). At
the end it says how many Kafka has acknowledged.
"""

import base64
import json
import sys
import time
from typing import Any

from confluent_kafka import KafkaError, Message, Producer


class Partner:
    """Sends in the order given; `acknowledged` and `failed` count what became of it."""

    def __init__(self, bootstrap: str) -> None:
        # librdkafka's own partitioner, as a partner would have it who never heard of Kafka's Java clients.
        self._producer = Producer(
            {"bootstrap.servers": bootstrap, "acks": "all", "enable.idempotence": True, "linger.ms": 5,
             "message.max.bytes": 5 * 1024 * 1024, "delivery.timeout.ms": 120_000, "log_level": 0}
        )  # fmt: skip
        self.acknowledged = 0
        self.failed: list[str] = []

    def send(self, record: dict[str, Any]) -> None:
        more = {} if record["partition"] is None else {"partition": record["partition"]}
        self._producer.produce(
            record["topic"],
            _bytes(record["value"]),
            _bytes(record["key"]),
            headers=[(name, _bytes(value)) for name, value in record["headers"]],
            on_delivery=self._delivered,
            **more,
        )
        self._producer.poll(0)

    def flush(self) -> None:
        left = self._producer.flush(150)
        if left:
            self.failed.append(f"{left} were never answered")

    def _delivered(self, error: KafkaError | None, _message: Message) -> None:
        if error is None:
            self.acknowledged += 1
        else:
            self.failed.append(error.str())


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else base64.b64decode(text)


def main() -> None:
    partner = Partner(sys.argv[1])
    per_s = float(sys.argv[2]) if len(sys.argv) > 2 else None
    begun = time.monotonic()
    for sent, line in enumerate(sys.stdin, 1):
        partner.send(json.loads(line))
        if per_s is not None and (ahead := sent / per_s - (time.monotonic() - begun)) > 0.01:
            time.sleep(ahead)
    partner.flush()
    sys.stdout.write(json.dumps({"acknowledged": partner.acknowledged, "failed": partner.failed}) + "\n")


if __name__ == "__main__":
    main()
