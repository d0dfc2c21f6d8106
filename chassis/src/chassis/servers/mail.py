"""GreenMail on the local JVM: a real SMTP server that keeps what it is given in an inbox for each recipient."""

from pathlib import Path

from chassis.servers.jars import Jars
from chassis.servers.readiness import http_answers, smtp_answers
from chassis.servers.sink import JVM, NativeSink

VERSION = "2.1.13"
JARS = Jars("GreenMail", "greenmail", VERSION, Path(__file__).with_name("mail-pom.xml"))


class NativeMail(NativeSink):
    """Takes mail for anybody, from anybody; reads back by `Mailbox(server.api)`."""

    name = "mail"
    title = "GreenMail"

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
        return [*JVM, *(f"-Dgreenmail.{key}={value}" for key, value in options.items()), "-jar", str(jar)]

    def _answers(self) -> bool:
        return smtp_answers(self.port) and http_answers(self.api_port, "/api/service/readiness")
