"""The SMS centre on the local JVM: jsmpp's SMPP simulator with phones behind it, whose source is in `sms-centre/`."""

import hashlib
import os
import subprocess
import tempfile
from pathlib import Path

from chassis.servers.errors import ServerError
from chassis.servers.jars import Jars
from chassis.servers.process import reason_in
from chassis.servers.readiness import http_answers, smpp_answers
from chassis.servers.sink import JVM, NativeSink

VERSION = "3.0.2"
SOURCES = Path(__file__).with_name("sms-centre")
JARS = Jars("The SMS centre", "jsmpp", VERSION, SOURCES / "pom.xml")
SYSTEM_ID, PASSWORD = "j", "jpwd"  # the simulator's own, of no worth


def ensure_classes() -> Path:
    """The folder with the compiled classes of `sms-centre/`; another source has another folder."""
    jars = JARS.ensure()
    sources = sorted(SOURCES.glob("*.java"))
    digest = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:12]
    target = jars.parent / f"{jars.name}-classes-{digest}"
    if not target.is_dir():
        with tempfile.TemporaryDirectory(dir=jars.parent, prefix="jsmpp-") as scratch:
            made = Path(scratch) / "classes"
            (compiler,) = jars.glob("ecj-*.jar")
            # Eclipse's compiler, because a machine with a JRE has no other; it must not name what the JRE lacks.
            command = [
                "java",
                "-jar",
                str(compiler),
                "-17",
                "-nowarn",
                "-proc:none",
                "-cp",
                _path(jars),
                "-d",
                str(made),
            ]
            run = subprocess.run([*command, *map(str, sources)], capture_output=True, text=True, check=False)
            if run.returncode != 0:
                raise ServerError(f"The SMS centre could not be compiled: {_first_error(run.stderr)}")
            try:
                made.rename(target)
            except OSError:  # another run was first
                if not target.is_dir():
                    raise
    return target


def _first_error(said: str) -> str:
    """Of the compiler's report, which shows each error with its source on several lines."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    where = next((number for number, line in enumerate(lines) if "ERROR in" in line), None)
    return reason_in(said) if where is None else f"{lines[where]}: {lines[min(where + 3, len(lines) - 1)]}"


def _path(jars: Path) -> str:
    return os.pathsep.join(str(jar) for jar in sorted(jars.glob("*.jar")) if not jar.name.startswith("ecj-"))


class NativeSms(NativeSink):
    """Takes texts over SMPP; reads back and answers by `SmsCentre(server.api)`."""

    name = "sms"
    title = "The SMS centre"

    @property
    def address(self) -> str:
        return f"smpp://{SYSTEM_ID}:{PASSWORD}@127.0.0.1:{self.port}"

    def _command(self) -> list[str]:
        options = {
            "jsmpp.simulator.port": self.port,
            "jsmpp.client.systemId": SYSTEM_ID,
            "jsmpp.client.password": PASSWORD,
            "driveline.host": "127.0.0.1",
            "driveline.api.port": self.api_port,
            # The simulator is set to log every octet that it reads and writes.
            "org.slf4j.simpleLogger.log.org.jsmpp": "error",
            "org.slf4j.simpleLogger.showDateTime": "true",
        }
        classes = ensure_classes()
        path = os.pathsep.join((str(classes), _path(JARS.folder)))
        return [*JVM, *(f"-D{key}={value}" for key, value in options.items()), "-cp", path, "driveline.Centre"]

    def _answers(self) -> bool:
        return smpp_answers(self.port) and http_answers(self.api_port, "/texts")
