"""The servers together: started in parallel or one by one when first used, stopped at the end."""

import contextlib
import fcntl
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from types import TracebackType
from typing import IO, Protocol, cast

from chassis.servers.containers import Container
from chassis.servers.decide import PARTS, Part, decide
from chassis.servers.errors import ServerError
from chassis.servers.external import External
from chassis.servers.kafka import NativeKafka
from chassis.servers.mail import NativeMail
from chassis.servers.postgres import NativePostgres
from chassis.servers.redis import NativeRedis
from chassis.servers.sms import NativeSms

PREFIX = "driveline-servers-"


class Server(Protocol):
    """Something that can be started, asked for its address, and stopped."""

    name: str

    @property
    def address(self) -> str: ...

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def alive(self) -> bool: ...


class DatabaseServer(Server, Protocol):
    """A PostgreSQL that makes a role and a database for each owner."""

    def database(self, name: str) -> str: ...


class Sink(Server, Protocol):
    """Takes messages at its address, and shows them at `api`, a base URL; None if they can't be read back."""

    @property
    def api(self) -> str | None: ...


class Servers:
    """The servers of one run. With `folder` their state outlives the run; without, it is gone at the end."""

    def __init__(
        self, folder: Path | None = None, *, way: str | None = None, brief: bool = False, secure: bool = False
    ) -> None:
        self.way = way
        self.brief = brief
        self.secure = secure
        self._temporary = folder is None
        self.folder = folder if folder is not None else _temporary_folder()
        self._lock_file: IO[str] | None = None
        self._servers: dict[Part, Server] = {}
        self._locks = {part: threading.Lock() for part in PARTS}

    @property
    def kafka(self) -> str:
        """`host:port`; started at the first use."""
        return self.server("kafka").address

    @property
    def redis(self) -> str:
        """A `redis://` URL; started at the first use."""
        return self.server("redis").address

    @property
    def postgres(self) -> DatabaseServer:
        """The PostgreSQL server; started at the first use."""
        return cast(DatabaseServer, self.server("postgres"))

    @property
    def mail(self) -> Sink:
        """The mail server at `host:port`, read by `chassis.servers.mailbox`; started at the first use."""
        return cast(Sink, self.server("mail"))

    @property
    def sms(self) -> Sink:
        """The SMS centre at a `smpp://` URL, read by `chassis.servers.sms_centre`; started at the first use."""
        return cast(Sink, self.server("sms"))

    def server(self, part: Part) -> Server:
        with self._locks[part]:
            if part not in self._servers:
                self.own_folder()
                server = self._make(part)
                self._servers[part] = server  # before it answers, so that `stop` can end a start that hangs
                try:
                    server.start()
                except BaseException:
                    self._servers.pop(part, None)
                    server.stop()
                    raise
            return self._servers[part]

    def start(self, parts: Iterable[Part] = PARTS, told: Callable[[str], None] = lambda _: None) -> None:
        """Start several in parallel; `told` hears each name when it answers."""
        wanted = list(parts)
        self.own_folder()
        with ThreadPoolExecutor(len(wanted)) as pool:
            for started in as_completed([pool.submit(self._start_one, part) for part in wanted]):
                told(started.result())

    def stop(self) -> None:
        """Stop what was started here, the newest first, and remove temporary state."""
        for server in reversed(list(self._servers.values())):
            server.stop()
        self._servers.clear()
        if self._lock_file is not None:
            self._lock_file.close()
            self._lock_file = None
        if self._temporary:
            shutil.rmtree(self.folder, ignore_errors=True)

    def own_folder(self) -> None:
        """One run at a time in a folder; the kernel drops the lock when its holder dies, however it dies."""
        if self._lock_file is not None:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        lock = (self.folder / "lock").open("a+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            holder = lock.read().strip() or "unknown"
            lock.close()
            raise ServerError(
                f"{self.folder} is in use by process {holder}: stop it first, or choose another --data-dir"
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        self._lock_file = lock
        with contextlib.suppress(OSError):
            self.folder.chmod(0o755)  # PostgreSQL's own user passes through when this runs as root

    def __enter__(self) -> "Servers":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def _start_one(self, part: Part) -> Part:
        self.server(part)
        return part

    def _make(self, part: Part) -> Server:
        source = decide(part, self.way)
        if part == "kafka" and self.secure and source != "native":
            raise ServerError(
                "--secure: only a broker on this machine is secured here, without DRIVELINE_KAFKA or Docker"
            )
        if source == "address":
            return External(
                part, os.environ[f"DRIVELINE_{part.upper()}"], os.environ.get(f"DRIVELINE_{part.upper()}_API")
            )
        if source == "docker":
            return Container(part)
        folder = self.folder / part
        if part == "kafka":
            return NativeKafka(folder, brief=self.brief, secure=self.secure)
        if part == "postgres":
            return NativePostgres(folder, durable=not self._temporary)
        if part == "mail":
            return NativeMail(folder)
        if part == "sms":
            return NativeSms(folder)
        return NativeRedis(folder, durable=not self._temporary)


def _temporary_folder() -> Path:
    """A folder for one run, after removing those of runs that were killed before they could."""
    for left in Path(tempfile.gettempdir()).glob(f"{PREFIX}*/lock"):
        if time.time() - left.stat().st_mtime < 60:  # it may be about to be locked
            continue
        with contextlib.suppress(OSError), left.open("a+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # its owner is dead, or this raises
            shutil.rmtree(left.parent, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=PREFIX))
