"""The service processes of a running system: started, watched, scaled, killed on purpose, stopped."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

from chassis.servers.ports import free_port, give_back
from chassis.servers.process import Child, reap, spawn

from driveline.errors import UserError
from driveline.layout import Service
from driveline.supervisor import Supervised

HOST = "127.0.0.1"
READY_WITHIN = 60.0
DEATHS_BEFORE_GIVING_UP = 5


@dataclass
class Member:
    """One process of the fleet, on a port that it keeps."""

    service: Service
    module: str
    number: int
    port: int
    watched: Supervised

    @property
    def name(self) -> str:
        return f"{self.module}-{self.number}"

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def ready(self) -> bool:
        # Asked many times while the machine is busy starting, hence not with a client that costs more than the answer.
        connection = HTTPConnection(HOST, self.port, timeout=2)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == HTTPStatus.OK
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()


class Fleet:
    """All service processes. `changed` is called when a pid changes behind its back."""

    def __init__(
        self,
        services: tuple[Service, ...],
        environment: Callable[[Service, str], Mapping[str, str]],
        folder: Path,
        changed: Callable[[], None],
    ) -> None:
        self.services = services
        self._environment = environment
        self._folder = folder
        self._changed = changed
        self._members: list[Member] = []
        self._lock = threading.RLock()
        self._ports = {service.name: free_port(service.port) for service in services}

    def url(self, service: str) -> str:
        return f"http://{HOST}:{self._ports[service]}"

    def pids(self) -> dict[str, list[int]]:
        with self._lock:
            return {
                service.name: [member.watched.pid for member in self._members if member.service is service]
                for service in self.services
            }

    def targets(self) -> list[dict[str, Any]]:
        """Who is to be asked for metrics, as Prometheus reads it (`file_sd_configs`)."""
        with self._lock:
            return [
                {"targets": [f"{HOST}:{member.port}"], "labels": {"process": member.name}} for member in self._members
            ]

    def of(self, service: str) -> list[Member]:
        with self._lock:
            return [member for member in self._members if member.service.name == service]

    def launch(self, copies: Mapping[str, int]) -> None:
        """Start one of each process, and as many of a service's first process as `copies` says."""
        for service in self.services:
            for number in range(1, copies.get(service.name, 1) + 1):
                self._add(service, service.modules[0], number)
            for module in service.modules[1:]:
                self._add(service, module, 1)

    def scale(self, name: str, copies: int) -> None:
        """Have `copies` of a service's first process; the first one, which has the known address, always stays."""
        if copies < 1:
            raise UserError(f"scale: {copies} copies of {name}; at least 1")
        with self._lock:
            there = [member for member in self.of(name) if member.module == member.service.modules[0]]
            for number in range(len(there) + 1, copies + 1):
                self._add(there[0].service, there[0].module, number)
            surplus = there[copies:]
            self._members = [member for member in self._members if member not in surplus]
        for member in surplus:
            self._end(member)
        self._changed()

    def renew(self, name: str) -> None:
        """End a service's processes and start as many in their place, told anew what their environment is."""
        with self._lock:
            there = self.of(name)
            self._members = [member for member in self._members if member not in there]
        for member in there:
            self._end(member)
        for member in there:
            self._add(member.service, member.module, member.number)
        self._changed()

    def wait_ready(self, names: tuple[str, ...] | None = None, seconds: float = READY_WITHIN) -> None:
        """Until every process answers /readyz with 200; one that dies again and again meanwhile is given up."""
        deadline = time.monotonic() + seconds
        waiting = [member for member in self._members if names is None or member.service.name in names]
        restarts = {member.name: member.watched.restarts for member in waiting}
        # One that is scaled away meanwhile is not waited for.
        while waiting := [member for member in waiting if member in self._members and not member.ready()]:
            for member in waiting:
                if member.watched.restarts - restarts[member.name] >= DEATHS_BEFORE_GIVING_UP:
                    child = member.watched.child
                    raise UserError(f"{member.name} does not start: {child.last_words()} (log: {child.log})")
            if time.monotonic() > deadline:
                late = ", ".join(member.name for member in waiting)
                raise UserError(f"{late}: not ready within {seconds:.0f} s (logs in {self._folder / 'logs'})")
            time.sleep(0.2)

    def kill(self, service: str, index: int, number: signal.Signals) -> int:
        """Send a signal to one process, and return the pid that got it. Watching starts it again when it dies."""
        member = self.of(service)[index]
        pid = member.watched.pid
        member.watched.signal(number)
        return pid

    def stop(self) -> None:
        with self._lock:
            members, self._members = self._members, []
        if members:
            with ThreadPoolExecutor(len(members)) as pool:
                list(pool.map(self._end, members))
        for port in self._ports.values():
            give_back(port)

    def _end(self, member: Member) -> None:
        member.watched.stop()
        if member.port not in self._ports.values():
            give_back(member.port)

    def _add(self, service: Service, module: str, number: int) -> None:
        known = module == service.modules[0] and number == 1
        port = self._ports[service.name] if known else free_port()
        name = f"{module}-{number}"
        pidfile = self._folder / f"{name}.pid"
        reap(pidfile)
        environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith("DRIVELINE_")},
            **self._environment(service, module),
            "DRIVELINE_HTTP_HOST": HOST,
            "DRIVELINE_HTTP_PORT": str(port),
            "DRIVELINE_INSTANCE": name,
        }

        def start() -> Child:
            log = self._folder / "logs" / f"{name}.log"
            return spawn(name, [sys.executable, "-m", module], log=log, pidfile=pidfile, env=environment)

        watched = Supervised(name, start, self._changed)
        watched.start()
        with self._lock:
            self._members.append(Member(service, module, number, port, watched))
