"""The same servers in Docker containers, through testcontainers."""

import shutil
import subprocess
from typing import Any

from chassis.servers.databases import Admin
from chassis.servers.errors import ServerError
from chassis.servers.readiness import kafka_answers, redis_answers, smpp_answers, smtp_answers, wait_until
from chassis.servers.sms import PASSWORD, SOURCES, SYSTEM_ID

IMAGES = {
    "kafka": "apache/kafka:4.1.0",
    "postgres": "postgres:18",
    "redis": "redis:7.4",
    "mail": "greenmail/standalone:2.1.13",
    "sms": "driveline-sms-centre",  # nobody publishes one: built from `sms-centre/Dockerfile`
}
GREENMAIL = (  # the image's own options would open a dozen ports and speak of each step
    "-Dgreenmail.smtp.hostname=0.0.0.0 -Dgreenmail.smtp.port=3025"
    " -Dgreenmail.api.hostname=0.0.0.0 -Dgreenmail.api.port=8080 -Dgreenmail.auth.disabled"
)


def why_not_docker() -> str | None:
    """None when a Docker engine answers, else what is missing."""
    if shutil.which("docker") is None:
        return "no `docker` on PATH"
    try:
        run = subprocess.run(["docker", "info"], capture_output=True, check=False, timeout=10)
    except subprocess.TimeoutExpired:
        return "the Docker engine does not answer"
    return None if run.returncode == 0 else "no Docker engine answers"


class Container:
    """One server in a container, on a loopback port; gone with everything in it when stopped."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._container: Any = None
        self._address = ""
        self._api: str | None = None

    @property
    def address(self) -> str:
        return self._address

    @property
    def api(self) -> str | None:
        """A sink's base URL for reading."""
        return self._api

    def start(self) -> None:
        try:
            self._container, port = getattr(self, f"_{self.name}")()
        except Exception as error:  # docker, requests and testcontainers each have their own family
            raise ServerError(f"{self.name}: Docker could not start {IMAGES[self.name]}: {error}") from error
        wait_until(lambda: self._answers(port), None, f"{self.name} in Docker", 60)

    def stop(self) -> None:
        if self._container is not None:
            self._container.stop()
            self._container = None

    def alive(self) -> bool:
        return self._container is not None

    def database(self, name: str) -> str:
        return Admin(self._address).database(name)

    def _answers(self, port: int) -> bool:
        if self.name == "kafka":
            return kafka_answers(port)
        if self.name == "postgres":
            return Admin(self._address).answers()
        return {"redis": redis_answers, "mail": smtp_answers, "sms": smpp_answers}[self.name](port)

    def _kafka(self) -> tuple[Any, int]:
        from testcontainers.kafka import KafkaContainer

        container = KafkaContainer(IMAGES["kafka"]).with_kraft()
        for key, value in {
            "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
            "KAFKA_MESSAGE_MAX_BYTES": str(5 * 1024 * 1024),
            "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
            "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
            "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
            "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "1",
        }.items():
            container.with_env(key, value)
        container.start()
        port = int(container.get_exposed_port(container.port))
        self._address = f"127.0.0.1:{port}"
        return container, port

    def _postgres(self) -> tuple[Any, int]:
        from testcontainers.postgres import PostgresContainer

        container = PostgresContainer(IMAGES["postgres"], username="postgres", dbname="postgres")
        container.start()
        port = int(container.get_exposed_port(5432))
        self._address = f"postgresql://postgres:{container.password}@127.0.0.1:{port}/postgres"
        return container, port

    def _redis(self) -> tuple[Any, int]:
        from testcontainers.redis import RedisContainer

        container = RedisContainer(IMAGES["redis"])
        container.with_command("redis-server --databases 1024 --maxmemory-policy noeviction --appendonly yes")
        container.start()
        port = int(container.get_exposed_port(6379))
        self._address = f"redis://127.0.0.1:{port}/0"
        return container, port

    def _mail(self) -> tuple[Any, int]:
        from testcontainers.core.container import DockerContainer

        container = DockerContainer(IMAGES["mail"]).with_env("GREENMAIL_OPTS", GREENMAIL).with_exposed_ports(3025, 8080)
        container.start()
        port = self._sink(container, 3025, 8080)
        self._address = f"127.0.0.1:{port}"
        return container, port

    def _sms(self) -> tuple[Any, int]:
        from testcontainers.core.container import DockerContainer
        from testcontainers.core.image import DockerImage

        DockerImage(SOURCES, tag=IMAGES["sms"], clean_up=False).build()
        container = DockerContainer(IMAGES["sms"]).with_exposed_ports(2775, 8088)
        container.start()
        port = self._sink(container, 2775, 8088)
        self._address = f"smpp://{SYSTEM_ID}:{PASSWORD}@127.0.0.1:{port}"
        return container, port

    def _sink(self, container: Any, port: int, api_port: int) -> int:
        self._api = f"http://127.0.0.1:{container.get_exposed_port(api_port)}"
        return int(container.get_exposed_port(port))
