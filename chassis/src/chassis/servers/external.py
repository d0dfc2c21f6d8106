"""Servers that somebody else runs, at an address from the environment."""

from urllib.parse import urlsplit

from chassis.servers.databases import Admin
from chassis.servers.errors import ServerError
from chassis.servers.readiness import kafka_answers, listens, redis_answers, smpp_answers, smtp_answers

BY_SCHEME = {
    "redis": (redis_answers, 6379),
    "smpp": (smpp_answers, 2775),
    # A provider's API asks for credentials before it answers: that somebody listens is all there is to see.
    "http": (listens, 80),
    "https": (listens, 443),
}


class External:
    """Nothing to start or stop: only a check that somebody answers."""

    def __init__(self, name: str, address: str, api: str | None = None) -> None:
        """`api`: where a sink's messages can be read, if they can."""
        self.name = name
        self.address = address
        self.api = api

    def start(self) -> None:
        if not self._answers():
            raise ServerError(f"DRIVELINE_{self.name.upper()}: nobody answers at {self._shown()}")

    def stop(self) -> None:
        """Not ours to stop."""

    def alive(self) -> bool:
        return True

    def database(self, name: str) -> str:
        return Admin(self.address).database(name)

    def _answers(self) -> bool:
        if self.name == "postgres":
            return Admin(self.address).answers()
        if self.name in ("kafka", "mail"):
            host, _, port = self.address.split(",")[0].rpartition(":")
            answers = kafka_answers if self.name == "kafka" else smtp_answers
            return port.isdigit() and answers(int(port), host)
        where = urlsplit(self.address)
        if where.hostname is None or where.scheme not in BY_SCHEME:
            return False
        answers, usual = BY_SCHEME[where.scheme]
        return answers(where.port or usual, where.hostname)

    def _shown(self) -> str:
        """Without the password."""
        where = urlsplit(self.address)
        return self.address if where.password is None else self.address.replace(where.password, "***")
