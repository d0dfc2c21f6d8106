"""What happens during the storm, and when: seeded, so that a run that failed can be run again."""

import contextlib
import logging
import random
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx
import psutil
from chassis.servers import NativeKafka, NativePostgres
from driveline.system import System
from redis import Redis

log = logging.getLogger(__name__)

# Every process of the system, as (service, which of its processes).
PROCESSES = (("membership", 0), ("membership", 1), ("exchange", 0), ("matching", 0), ("notifications", 0))
KILLS_EACH = 3
USERS_OF_POSTGRES = ("membership", "notifications")


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
        self._beside: list[threading.Thread] = []
        self._thread = threading.Thread(target=self._run, name="storm")
        self.struck: list[str] = []

    def start(self) -> None:
        self._thread.start()

    def wait(self) -> None:
        self._thread.join()
        for thread in self._beside:
            thread.join()
        if self._errors:
            raise self._errors[0]

    def _blows(self) -> list[Blow]:
        end = self._seconds
        blows = [
            # First and last, when nobody has just been killed: after a death a group waits ten seconds for its member,
            # and a consumer that has nothing in hand could not lose it.
            Blow(0.03 * end, "Redis emptied", self._empty_redis),
            Blow(0.06 * end, "PostgreSQL and its users killed", lambda: self._kill_postgres("membership", "matching")),
            Blow(0.20 * end, "exchange 1 -> 5", lambda: self._scale(5)),
            Blow(0.45 * end, "Redis killed, its data gone", self._kill_redis),
            Blow(0.55 * end, "Kafka killed", self._kill_kafka),
            Blow(0.65 * end, "exchange 5 -> 2", lambda: self._scale(2)),
            Blow(0.74 * end, "an exchange suspended", self._suspend_exchange),
            Blow(0.90 * end, "a release, and its process killed", self._release_and_kill),
            Blow(0.98 * end, "PostgreSQL and its users killed", lambda: self._kill_postgres(*USERS_OF_POSTGRES)),
        ]
        for service, index in PROCESSES:
            moments = self._chance.sample(range(12, 72), KILLS_EACH)
            name, kill = f"{service} {index} killed", self._killer(service, index)
            blows += [Blow(moment / 100 * end, name, kill) for moment in moments]
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

    def _killer(self, service: str, index: int, *, alive: bool = False) -> Callable[[], None]:
        """`alive`: one that is still starting is waited for, since it has nothing in hand that it could lose."""

        def kill() -> None:
            if alive:
                self._system.fleet.wait_ready((service,))
            copies = len(self._system.running.pids[service])
            which = self._chance.randrange(copies) if service == "exchange" else index
            self._system.kill(service, which, signal.SIGKILL)

        return kill

    def _scale(self, copies: int) -> None:
        """It waits until the new processes are ready, and the next scaling waits for it."""
        before = [thread for thread in self._beside if thread.name.startswith("scale")]

        def scale() -> None:
            for earlier in before:
                earlier.join()
            self._system.scale("exchange", copies)

        self._start_beside(f"scale-{copies}", scale)

    def _kill_redis(self) -> None:
        self._start_beside("redis", lambda: self._system.kill_redis(flush=True))

    def _empty_redis(self) -> None:
        """Its data goes while it stays up: no broken connection tells the exchange, only its watermarks do."""
        redis = Redis.from_url(self._system.servers.redis)
        redis.flushall()
        redis.close()

    def _suspend_exchange(self) -> None:
        """For longer than its session: it wakes up believing to own shards that another process has taken over."""
        process = psutil.Process(self._system.running.pids["exchange"][-1])

        def suspend() -> None:
            with contextlib.suppress(psutil.NoSuchProcess):  # killed or scaled away meanwhile
                process.suspend()
                time.sleep(12)
                process.resume()

        self._start_beside("suspended", suspend)

    def _start_beside(self, name: str, work: Callable[[], None]) -> None:
        """What takes its time does not hold up the other blows."""

        def run() -> None:
            try:
                work()
            except BaseException as error:  # noqa: BLE001 - told to whoever waits
                self._errors.append(error)

        self._beside.append(threading.Thread(target=run, name=name))
        self._beside[-1].start()

    def _kill_kafka(self) -> None:
        """SIGKILL; whoever watches the servers starts it again on its port."""
        kafka = self._system.servers.server("kafka")
        assert isinstance(kafka, NativeKafka)
        assert kafka.child is not None
        kafka.child.signal(signal.SIGKILL)

    def _kill_postgres(self, *users: str) -> None:
        """While it is away nothing that was read can have its effect: whoever dies now must not have said that it had."""
        postgres = self._system.servers.server("postgres")
        assert isinstance(postgres, NativePostgres)
        assert postgres.child is not None
        postgres.child.signal(signal.SIGKILL)
        time.sleep(0.4)
        for service in users:
            for index in range(len(self._system.running.pids[service])):
                self._system.kill(service, index)

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


class Deaths(Storm):
    """A storm that leaves the servers alone: each process is killed once in every third of it, in the midst of its work."""

    def _blows(self) -> list[Blow]:
        blows = []
        for service, index in PROCESSES:
            name, kill = f"{service} {index} killed", self._killer(service, index, alive=True)
            moments = [(third + self._chance.uniform(0.1, 0.9)) / KILLS_EACH for third in range(KILLS_EACH)]
            blows += [Blow(moment * self._seconds, name, kill) for moment in moments]
        return sorted(blows)
