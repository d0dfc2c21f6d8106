"""What happens during the storm, and when: seeded, so that a run that failed can be run again."""

import logging
import random
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx
from chassis.servers import NativeKafka, NativePostgres
from driveline.system import System

log = logging.getLogger(__name__)

# Every process of the system, as (service, which of its processes).
PROCESSES = (("membership", 0), ("membership", 1), ("exchange", 0), ("matching", 0), ("notifications", 0))
KILLS_EACH = 3


@dataclass(order=True)
class Blow:
    """One thing that is done to the system, so many seconds after the beginning."""

    at: float
    name: str
    strike: Callable[[], None] = field(compare=False)


class Storm:
    """Strikes for `seconds`. What it did is in `struck`, in order; `wait` raises what went wrong on the way."""

    def __init__(self, system: System, seconds: float, seed: int) -> None:
        self._system = system
        self._seconds = seconds
        self._chance = random.Random(seed)
        self._errors: list[BaseException] = []
        self._scaling: list[threading.Thread] = []
        self._thread = threading.Thread(target=self._run, name="storm")
        self.struck: list[str] = []

    def start(self) -> None:
        self._thread.start()

    def wait(self) -> None:
        for thread in (self._thread, *self._scaling):
            thread.join()
        if self._errors:
            raise self._errors[0]

    def _blows(self) -> list[Blow]:
        whole = self._seconds
        blows = [
            Blow(0.20 * whole, "exchange 1 -> 5", lambda: self._scale(5)),
            Blow(0.45 * whole, "Redis killed, its data gone", lambda: self._system.kill_redis(flush=True)),
            Blow(0.55 * whole, "Kafka killed", self._kill_kafka),
            Blow(0.65 * whole, "exchange 5 -> 2", lambda: self._scale(2)),
            Blow(0.80 * whole, "PostgreSQL killed", self._kill_postgres),
            Blow(0.90 * whole, "a release, and its process killed", self._release_and_kill),
        ]
        for service, index in PROCESSES:
            moments = self._chance.sample(range(5, 98), KILLS_EACH)
            name, kill = f"{service} {index} killed", self._killer(service, index)
            blows += [Blow(moment / 100 * whole, name, kill) for moment in moments]
        return sorted(blows)

    def _run(self) -> None:
        begun = time.monotonic()
        for blow in self._blows():
            time.sleep(max(0.0, begun + blow.at - time.monotonic()))
            try:
                blow.strike()
            except BaseException as error:  # noqa: BLE001 - told to whoever waits
                self._errors.append(error)
                return
            self.struck.append(f"{time.monotonic() - begun:.1f} s: {blow.name}")

    def _killer(self, service: str, index: int) -> Callable[[], None]:
        def kill() -> None:
            copies = len(self._system.running.pids[service])
            which = self._chance.randrange(copies) if service == "exchange" else index
            self._system.kill(service, which, signal.SIGKILL)

        return kill

    def _scale(self, copies: int) -> None:
        """Beside the other blows: it waits until the new processes are ready, and the next scaling waits for it."""
        before = list(self._scaling)

        def scale() -> None:
            try:
                for earlier in before:
                    earlier.join()
                self._system.scale("exchange", copies)
            except BaseException as error:  # noqa: BLE001
                self._errors.append(error)

        thread = threading.Thread(target=scale, name=f"scale-{copies}")
        thread.start()
        self._scaling.append(thread)

    def _kill_kafka(self) -> None:
        """SIGKILL; whoever watches the servers starts it again on its port."""
        kafka = self._system.servers.server("kafka")
        assert isinstance(kafka, NativeKafka)
        assert kafka.child is not None
        kafka.child.signal(signal.SIGKILL)

    def _kill_postgres(self) -> None:
        postgres = self._system.servers.server("postgres")
        assert isinstance(postgres, NativePostgres)
        assert postgres.child is not None
        postgres.child.signal(signal.SIGKILL)

    def _release_and_kill(self) -> None:
        """A coordinator that dies in the middle of an epoch, or just before or after it."""
        running = self._system.running
        headers = {"authorization": f"Bearer {running.admin_token}"}

        def release() -> None:
            try:
                httpx.post(f"{running.exchange}/v1/epochs", json={"kind": "release"}, headers=headers, timeout=30)
            except httpx.TransportError:
                log.info("the coordinator died")

        thread = threading.Thread(target=release, name="release")
        thread.start()
        time.sleep(self._chance.uniform(0.05, 0.6))
        self._system.kill("exchange", 0)
        thread.join()
