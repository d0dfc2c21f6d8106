"""The real Kafka broker (KRaft, one node) on the local JVM, from Maven artifacts."""

import contextlib
import shutil
import subprocess
import tempfile
from pathlib import Path

from chassis.servers import kafka_security
from chassis.servers.address import KafkaAddress
from chassis.servers.errors import ServerError
from chassis.servers.jars import Jars
from chassis.servers.native import Native
from chassis.servers.ports import free_port, give_back
from chassis.servers.process import reap, reason_in, spawn
from chassis.servers.readiness import kafka_answers, wait_until

HERE = Path(__file__).parent
LOGGING = HERE / "kafka-log4j2.properties"
VERSION = "4.1.0"
CLUSTER_ID = "ZHJpdmVsaW5lLWthZmthMQ"  # any 16 bytes in base64url; one node talks to nobody else
JARS = Jars("Kafka", "kafka", VERSION, HERE / "kafka-pom.xml")


def prepare() -> None:
    """Fetch the jars, and run a broker once for the archive of its classes: 2.3 s of processor time a start, not 3.9."""

    def run_once(scratch: Path, option: str) -> None:
        broker = NativeKafka(scratch / "kafka")
        broker._limits.append(option)  # noqa: SLF001  # this once
        broker.start()
        broker.stop_within_s = 60
        broker.stop()
        give_back(broker.port)

    JARS.archive_classes(run_once)


class NativeKafka(Native):
    """One combined broker and controller; its ports stay the same over `kill` and `start`."""

    name = "kafka"

    def __init__(self, folder: Path, *, port: int | None = None, brief: bool = False, secure: bool = False) -> None:
        """`brief`: a broker that lives for a few tests pays less for its start and reaches less at its peak.

        `secure`: clients sign in, and may do what an ACL allows; the address then carries the administrator.
        """
        self.folder = folder
        self._password = kafka_security.admin_password(folder) if secure else None
        self._limits = ["-Xmx512m", "-XX:TieredStopAtLevel=1"] if brief else ["-Xmx1g"]
        self.port = free_port(port)
        self._controller_port = free_port()

    @property
    def address(self) -> str:
        return KafkaAddress(f"127.0.0.1:{self.port}", kafka_security.ADMIN, self._password)

    def start(self) -> None:
        jars = JARS.ensure()
        self.folder.mkdir(parents=True, exist_ok=True)
        reap(self.folder / "kafka.pid")
        properties = self.folder / "server.properties"
        properties.touch(mode=0o600)  # there may be a password in it
        properties.write_text(self.properties())
        if not (self.folder / "log" / "meta.properties").exists():
            self._format(jars, properties)
        self.child = spawn(
            "kafka",
            [*self._java(jars), *self._limits, *JARS.archived_classes(), "kafka.Kafka", str(properties)],
            log=self.folder / "kafka.log",
            pidfile=self.folder / "kafka.pid",
        )
        wait_until(lambda: kafka_answers(self.port), self.child, "Kafka", 60)

    def properties(self) -> str:
        listeners = {"CLIENT": self.port, "CONTROLLER": self._controller_port}
        return (
            "\n".join(
                f"{key}={value}"
                for key, value in {
                    "process.roles": "broker,controller",
                    "node.id": 1,
                    "controller.quorum.voters": f"1@127.0.0.1:{self._controller_port}",
                    "listeners": ",".join(f"{name}://127.0.0.1:{port}" for name, port in listeners.items()),
                    "advertised.listeners": f"CLIENT://127.0.0.1:{self.port}",
                    "listener.security.protocol.map": "CLIENT:PLAINTEXT,CONTROLLER:PLAINTEXT",
                    "inter.broker.listener.name": "CLIENT",
                    "controller.listener.names": "CONTROLLER",
                    "log.dirs": self.folder / "log",
                    # A partner's record of 2 MiB must arrive to be refused by the intake, with a reason.
                    "message.max.bytes": 5 * 1024 * 1024,
                    "replica.fetch.max.bytes": 5 * 1024 * 1024,
                    "auto.create.topics.enable": "false",
                    "num.partitions": 6,
                    "offsets.topic.replication.factor": 1,
                    "offsets.topic.num.partitions": 6,
                    "transaction.state.log.replication.factor": 1,
                    "transaction.state.log.min.isr": 1,
                    "transaction.state.log.num.partitions": 2,
                    "share.coordinator.state.topic.replication.factor": 1,
                    "share.coordinator.state.topic.min.isr": 1,
                    "share.coordinator.state.topic.num.partitions": 2,
                    "group.initial.rebalance.delay.ms": 0,
                    "group.min.session.timeout.ms": 1000,
                    # Recovery of the partitions' logs after a kill, and the handlers, on the few cores of one machine.
                    "num.recovery.threads.per.data.dir": 2,
                    "num.network.threads": 2,
                    "num.io.threads": 4,
                    "auto.leader.rebalance.enable": "false",
                    **(kafka_security.properties(self._password) if self._password else {}),
                }.items()
            )
            + "\n"
        )

    def _java(self, jars: Path) -> list[str]:
        # The serial collector: live data is small, and its rivals' threads compete for the machine's few cores.
        return ["java", "-XX:+UseSerialGC", f"-Dlog4j2.configurationFile={LOGGING}", "-cp", f"{jars}/*"]

    def _format(self, jars: Path, properties: Path) -> None:
        """Kafka's own tool, run once a machine: what it writes is the same for every log of one node, and kept by the jars."""
        formatted = jars.parent / f"{jars.name}-formatted"
        if self._password:  # its administrator is written with it
            self._run_format(jars, properties, "--add-scram", kafka_security.scram(self._password))
        elif not formatted.is_dir():
            self._run_format(jars, properties)
            with tempfile.TemporaryDirectory(dir=jars.parent, prefix="kafka-") as scratch:
                shutil.copytree(self.folder / "log", Path(scratch) / "log")
                with contextlib.suppress(OSError):  # another run was first
                    (Path(scratch) / "log").rename(formatted)
        else:
            shutil.copytree(formatted, self.folder / "log", dirs_exist_ok=True)

    def _run_format(self, jars: Path, properties: Path, *more: str) -> None:
        run = subprocess.run(
            [*self._java(jars), "kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c", str(properties), *more],
            capture_output=True,
            text=True,
            check=False,
        )
        if run.returncode != 0:
            raise ServerError(f"Kafka's storage could not be formatted: {reason_in(run.stderr or run.stdout)}")
