"""Servers that somebody else runs, at an address from the environment."""

from urllib.parse import urlsplit

from chassis.servers.databases import Admin
from chassis.servers.errors import ServerError
from chassis.servers.readiness import kafka_answers, redis_answers


class External:
    """Nothing to start or stop: only a check that somebody answers."""

    def __init__(self, name: str, address: str) -> None:
        self.name = name
        self.address = address

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
        if self.name == "kafka":
            host, _, port = self.address.split(",")[0].rpartition(":")
            return port.isdigit() and kafka_answers(int(port), host)
        if self.name == "postgres":
            return Admin(self.address).answers()
        where = urlsplit(self.address)
        return where.hostname is not None and redis_answers(where.port or 6379, where.hostname)

    def _shown(self) -> str:
        """Without the password."""
        where = urlsplit(self.address)
        return self.address if where.password is None else self.address.replace(where.password, "***")
