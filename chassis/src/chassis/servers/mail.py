"""GreenMail on the local JVM: a real SMTP server that keeps what it is given in an inbox for each recipient."""

from pathlib import Path

from chassis.servers.jars import Jars
from chassis.servers.ports import give_back
from chassis.servers.readiness import http_answers, smtp_answers
from chassis.servers.sink import JVM, NativeSink

VERSION = "2.1.13"
JARS = Jars("GreenMail", "greenmail", VERSION, Path(__file__).with_name("mail-pom.xml"))


def prepare() -> None:
    """Fetch the jar, and run the server once for the archive of its classes: 1.3 s of processor time a start, not 2.1."""

    def run_once(scratch: Path, option: str) -> None:
        server = NativeMail(scratch / "mail")
        server._classes = [option]  # noqa: SLF001  # this once
        server.start()
        server.stop_within_s = 60
        server.stop()
        give_back(server.port)
        give_back(server.api_port)

    JARS.archive_classes(run_once)


class NativeMail(NativeSink):
    """Takes mail for anybody, from anybody; reads back by `Mailbox(server.api)`."""

    name = "mail"
    title = "GreenMail"
    _classes: list[str] | None = None
    """What the JVM is told of archived classes, if not to take those that there are."""

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def _command(self) -> list[str]:
        options = {
            "smtp.hostname": "127.0.0.1",
            "smtp.port": self.port,
            "api.hostname": "127.0.0.1",
            "api.port": self.api_port,
            "auth.disabled": "true",
        }
        jar = JARS.ensure() / f"greenmail-standalone-{VERSION}.jar"
        classes = JARS.archived_classes() if self._classes is None else self._classes
        return [*JVM, *classes, *(f"-Dgreenmail.{key}={value}" for key, value in options.items()), "-jar", str(jar)]

    def _answers(self) -> bool:
        return smtp_answers(self.port) and http_answers(self.api_port, "/api/service/readiness")
