"""Orders to the nursery, and the processes that it starts."""

import asyncio
import json
import os
import signal
import subprocess
from pathlib import Path

import httpx
import pytest
from chassis.servers.ports import free_port
from exchange_system import World, issuer_keys, token, until


class Nursery:
    """Starts processes of the exchange that die where they are told to."""

    def __init__(self, process: subprocess.Popen[str], folder: Path) -> None:
        self._process = process
        self._folder = folder
        self._born = 0

    async def start(self, world: World, die: str, what: str = "service", group: str | None = None) -> "Child":
        self._born += 1
        port = free_port()
        order = {
            "settings": world.settings.model_copy(update={"http_port": port}).model_dump(),
            # Of its own, so that a successor need not wait until the group has noticed a death.
            "group": group or f"child-{self._folder.name}-{self._born}",
            "keys": await issuer_keys(),
            "die": die,
            "what": what,
            "output": str(self._folder / f"{self._born}.log"),
        }
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        pid = int(await asyncio.to_thread(self._process.stdout.readline))
        return Child(pid, f"http://127.0.0.1:{port}", self._folder / f"{self._born}.log")


class Child:
    """A process of the exchange."""

    def __init__(self, pid: int, url: str, output: Path) -> None:
        self.pid, self.url, self._output = pid, url, output

    @property
    def output(self) -> str:
        return self._output.read_text()

    def alive(self) -> bool:
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        return True

    async def ready(self) -> None:
        async with httpx.AsyncClient(base_url=self.url) as http:
            await until(lambda: self._is_ready(http), 30)

    async def _is_ready(self, http: httpx.AsyncClient) -> bool:
        assert self.alive(), self.output[-3000:]
        try:
            return (await http.get("/readyz")).status_code == 200
        except httpx.TransportError:
            return False

    async def ask_for_a_release(self) -> None:
        """As an operator does, whose connection breaks."""
        async with httpx.AsyncClient(base_url=self.url, timeout=20) as http:
            with pytest.raises(httpx.TransportError):
                await http.post("/v1/epochs", json={}, headers={"authorization": f"Bearer {token()}"})

    async def died(self) -> None:
        await until(lambda: not self.alive(), 30)

    def kill(self) -> None:
        self.tell(signal.SIGKILL)

    def tell(self, number: int) -> None:
        os.kill(self.pid, number)
