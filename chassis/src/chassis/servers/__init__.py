"""Finds or starts real servers - Kafka, PostgreSQL, Redis, a mail server, an SMS centre -, natively or in Docker, for `driveline` and the tests."""

from chassis.servers.address import KafkaAddress
from chassis.servers.databases import Admin
from chassis.servers.decide import PARTS, SINKS, Part, decide
from chassis.servers.errors import ServerError
from chassis.servers.kafka import NativeKafka
from chassis.servers.mail import NativeMail
from chassis.servers.postgres import NativePostgres
from chassis.servers.redis import NativeRedis
from chassis.servers.servers import DatabaseServer, Server, Servers, Sink
from chassis.servers.sms import NativeSms

__all__ = [
    "PARTS",
    "SINKS",
    "Admin",
    "DatabaseServer",
    "KafkaAddress",
    "NativeKafka",
    "NativeMail",
    "NativePostgres",
    "NativeRedis",
    "NativeSms",
    "Part",
    "Server",
    "ServerError",
    "Servers",
    "Sink",
    "decide",
]
