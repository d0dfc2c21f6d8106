"""Who may do what on a secured broker: users with passwords, and the ACLs that the topic table amounts to."""

import json
import secrets
import time
from collections.abc import Iterable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chassis.servers.address import KafkaAddress, librdkafka_options
from confluent_kafka import KafkaException
from confluent_kafka.admin import (
    AclBinding,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)
from contracts.topics import SERVICES, Topic, partner_topics

from driveline.errors import UserError

INTAKE = "membership.intake"
PROCESSES = (*SERVICES, INTAKE)
PARTNER = "partner:"
WRITE, READ = "write", "read"


@dataclass(frozen=True, order=True)
class Rule:
    """`user` may do `operation` on a topic or group of that name, or on all whose names begin so."""

    user: str
    operation: str
    resource: str
    name: str
    prefix: bool = False


def user_of(group: str) -> str:
    """The Kafka user behind a name in the topic table: a service, the intake, or `partner:NAME`."""
    return group.replace(PARTNER, "partner-")


def rules(table: Iterable[Topic]) -> set[Rule]:
    """What the topic table says, and nothing else: no group may use transactional ids, no topic is open to all."""
    found: set[Rule] = set()
    for topic in table:
        found |= {Rule(user_of(group), WRITE, "topic", topic.name) for group in topic.writers}
        found |= {Rule(user_of(group), READ, "topic", topic.name) for group in topic.readers}
    # A process reads in the group of its own name.
    found |= {Rule(process, READ, "group", process) for process in PROCESSES}
    # Partners come and go; the intake meets them all.
    found |= {Rule(INTAKE, operation, "topic", "partner.", prefix=True) for operation in (READ, WRITE)}
    return found


def partner_rules(name: str) -> set[Rule]:
    """A partner writes its own topic, reads what was refused of it, in groups of its own."""
    own, rejected = partner_topics(name)
    user = user_of(PARTNER + name)
    return {
        Rule(user, WRITE, "topic", own.name),
        Rule(user, READ, "topic", rejected.name),
        Rule(user, READ, "group", user, prefix=True),
    }


class Passwords:
    """Kafka users' passwords, kept in a file for its owner only; one that is missing is made."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def of(self, user: str) -> str:
        known: dict[str, str] = json.loads(self._path.read_text()) if self._path.exists() else {}
        if user not in known:
            known[user] = secrets.token_urlsafe(24)
            self._path.touch(mode=0o600)
            self._path.write_text(json.dumps(known, indent=2) + "\n")
        return known[user]


def grant(address: str, passwords: dict[str, str], allowed: Iterable[Rule]) -> None:
    """Make users known to the broker and allow them this; a repeat changes nothing."""
    admin = AdminClient(librdkafka_options(address))
    kind = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096)
    users: list[Any] = [
        UserScramCredentialUpsertion(name, kind, password.encode()) for name, password in passwords.items()
    ]
    pending: list[Future[Any]] = [*admin.alter_user_scram_credentials(users).values()]
    pending += admin.create_acls([_binding(rule) for rule in sorted(allowed)]).values()
    try:
        for future in pending:
            future.result(timeout=30)
    except KafkaException as error:
        raise UserError(f"kafka: access can't be set: {error.args[0].str()}") from None
    for user, password in passwords.items():
        _signed_in(KafkaAddress(address, user, password))


def _signed_in(address: KafkaAddress, seconds: float = 30) -> None:
    """Wait until the broker knows the user: the controller answers before the broker has heard of it."""
    deadline = time.monotonic() + seconds
    client = AdminClient(librdkafka_options(address) | {"reconnect.backoff.max.ms": 200})
    while True:
        try:
            client.list_topics(timeout=1)
        except KafkaException:
            if time.monotonic() > deadline:
                raise UserError(f"kafka: {address.user} can't sign in") from None
        else:
            return


def _binding(rule: Rule) -> AclBinding:
    return AclBinding(
        ResourceType.TOPIC if rule.resource == "topic" else ResourceType.GROUP,
        rule.name,
        ResourcePatternType.PREFIXED if rule.prefix else ResourcePatternType.LITERAL,
        f"User:{rule.user}",
        "*",
        AclOperation.WRITE if rule.operation == WRITE else AclOperation.READ,
        AclPermissionType.ALLOW,
    )
