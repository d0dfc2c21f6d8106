"""The same servers in Docker containers, through testcontainers."""

import shutil
import subprocess
from typing import Any

from chassis.servers.databases import Admin
from chassis.servers.errors import ServerError
from chassis.servers.readiness import kafka_answers, redis_answers, wait_until

IMAGES = {"kafka": "apache/kafka:4.1.0", "postgres": "postgres:18", "redis": "redis:7.4"}


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

    @property
    def address(self) -> str:
        return self._address

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
        return redis_answers(port) if self.name == "redis" else Admin(self._address).answers()

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
