"""Meeting a new partner's topic within seconds, instead of at the client's next look at the cluster after 5 minutes."""

import asyncio
from contextlib import suppress

from aiokafka.errors import KafkaError
from chassis.consumer import Consumer
from chassis.ending import end

EVERY_S = 2.0


class NewTopics:
    """Lets a consumer that follows a pattern look at the cluster's topics often; new ones join its assignment.

    The client's own interval (`metadata_max_age_ms`) is not reachable through the chassis's broker, and aiokafka has no
    public call for it: this file alone uses the private one, and `tests/test_new_partner.py` fails when it is gone.
    """

    def __init__(self, consumer: Consumer) -> None:
        self._consumer = consumer
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to look."""
        self._task = asyncio.create_task(self._look())

    async def stop(self) -> None:
        """Look no more."""
        if self._task is not None:
            await end(self._task)

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(EVERY_S)
            client = self._consumer.drain.consumer
            if client is not None:
                with suppress(KafkaError, OSError, TimeoutError):
                    await client._client.force_metadata_update()  # noqa: SLF001
