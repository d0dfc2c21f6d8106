"""Finds or starts real Kafka, PostgreSQL and Redis servers, natively or in Docker, for `driveline` and the tests."""

from chassis.servers.address import KafkaAddress
from chassis.servers.databases import Admin
from chassis.servers.decide import PARTS, Part, decide
from chassis.servers.errors import ServerError
from chassis.servers.kafka import NativeKafka
from chassis.servers.postgres import NativePostgres
from chassis.servers.redis import NativeRedis
from chassis.servers.servers import DatabaseServer, Server, Servers

__all__ = [
    "PARTS",
    "Admin",
    "DatabaseServer",
    "KafkaAddress",
    "NativeKafka",
    "NativePostgres",
    "NativeRedis",
    "Part",
    "Server",
    "ServerError",
    "Servers",
    "decide",
]
