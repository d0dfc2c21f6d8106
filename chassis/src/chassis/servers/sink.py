"""What the mail server and the SMS centre have in common: a JVM that takes messages at one port and shows them at another."""

from abc import ABC, abstractmethod
from pathlib import Path

from chassis.servers.native import Native
from chassis.servers.ports import free_port
from chassis.servers.process import reap, spawn
from chassis.servers.readiness import wait_until

# A short life with small data: the first compiler alone and one thread that collects, for the machine's few cores.
# Without `nodelay` the JDK's HTTP server holds the end of each answer back for 40 ms.
JVM = ["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx256m", "-Dsun.net.httpserver.nodelay=true"]


class NativeSink(Native, ABC):
    """Its ports stay the same over `kill` and `start`; what it has taken is kept in its memory only, and gone with it."""

    name: str
    title: str

    def __init__(self, folder: Path, *, port: int | None = None, api_port: int | None = None) -> None:
        self.folder = folder
        self.port = free_port(port)
        self.api_port = free_port(api_port)

    @property
    @abstractmethod
    def address(self) -> str:
        """Where messages are handed in."""

    @property
    def api(self) -> str:
        """The base URL where they can be read."""
        return f"http://127.0.0.1:{self.api_port}"

    @abstractmethod
    def _command(self) -> list[str]:
        """What is run; fetches what is missing first."""

    @abstractmethod
    def _answers(self) -> bool:
        """Whether both ports are served."""

    def start(self) -> None:
        command = self._command()
        self.folder.mkdir(parents=True, exist_ok=True)
        pidfile = self.folder / f"{self.name}.pid"
        reap(pidfile)
        self.child = spawn(self.name, command, log=self.folder / f"{self.name}.log", pidfile=pidfile)
        wait_until(self._answers, self.child, self.title, 60)
