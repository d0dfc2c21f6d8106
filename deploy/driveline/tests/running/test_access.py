"""A secured broker: each user may do what the topic table says, and nothing else."""

import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from chassis.servers import KafkaAddress, NativeKafka, ServerError
from chassis.servers.address import librdkafka_options
from chassis.servers.topics import make_topics
from confluent_kafka import Consumer, KafkaException, Producer
from confluent_kafka.admin import AdminClient
from contracts.topics import TOPICS, topic
from driveline.access import READ, WRITE, Passwords, Rule, grant, partner_rules, rules
from driveline.doors import wanted_topics

from .conftest import start

USERS = ("membership", "membership.intake", "matching", "exchange", "notifications", "partner-ase", "partner-cref")


def test_the_rules_are_the_topic_table_s() -> None:
    allowed = rules([topic("pay.submitted"), topic("contact.changed")])
    about_topics = {rule for rule in allowed if rule.resource == "topic" and not rule.prefix}
    assert about_topics == {
        Rule("membership.intake", WRITE, "topic", "pay.submitted"),
        Rule("exchange", WRITE, "topic", "pay.submitted"),
        Rule("exchange", READ, "topic", "pay.submitted"),
        Rule("membership", WRITE, "topic", "contact.changed"),
    } | {Rule(reader, READ, "topic", "contact.changed") for reader in topic("contact.changed").readers}
    assert {rule for rule in allowed if rule.prefix} == {
        Rule("membership.intake", READ, "topic", "partner.", prefix=True),
        Rule("membership.intake", WRITE, "topic", "partner.", prefix=True),
    }
    assert partner_rules("ase") == {
        Rule("partner-ase", WRITE, "topic", "partner.ase"),
        Rule("partner-ase", READ, "topic", "partner.ase.rejected"),
        Rule("partner-ase", READ, "group", "partner-ase", prefix=True),
    }


def test_no_outsider_writes_to_an_inner_topic() -> None:
    inside = {"membership", "membership.intake", "matching", "exchange", "notifications"}
    assert {rule.user for rule in rules(TOPICS)} == inside


@pytest.fixture(scope="module")
def broker() -> Iterator[NativeKafka]:
    folder = Path(tempfile.mkdtemp(prefix="driveline-secure-"))
    server = NativeKafka(folder / "kafka", brief=True, secure=True)
    server.start()
    make_topics(server.address, wanted_topics(["ase", "cref"]))
    passwords = Passwords(folder / "users.json")
    allowed = rules(TOPICS) | partner_rules("ase") | partner_rules("cref")
    grant(server.address, {user: passwords.of(user) for user in USERS}, allowed)
    yield server
    server.kill()
    shutil.rmtree(folder)


def as_user(broker: NativeKafka, user: str) -> KafkaAddress:
    return KafkaAddress(str(broker.address), user, Passwords(broker.folder.parent / "users.json").of(user))


def write(address: KafkaAddress, name: str) -> str:
    """What became of one record: "ok", or the broker's word."""
    producer = Producer({**librdkafka_options(address), "message.timeout.ms": 20_000})
    said: list[str] = []
    producer.produce(name, b"x", on_delivery=lambda error, _: said.append(error.name() if error else "ok"))
    producer.flush(30)
    return said[0]


def read(address: KafkaAddress, name: str, group: str) -> str:
    """The first record's value, or the broker's word."""
    options = {"group.id": group, "auto.offset.reset": "earliest", "enable.auto.commit": False}
    consumer = Consumer({**librdkafka_options(address), **options})
    consumer.subscribe([name])
    try:
        message = consumer.poll(30)
        assert message is not None, "no answer within 30 s"
        error = message.error()
        return str(error.name()) if error else (message.value() or b"").decode()
    finally:
        consumer.close()


NOT_THIS_TOPIC, NOT_THIS_GROUP = "TOPIC_AUTHORIZATION_FAILED", "GROUP_AUTHORIZATION_FAILED"


def test_a_partner_writes_its_own_topic_only(broker: NativeKafka) -> None:
    ase = as_user(broker, "partner-ase")
    assert write(ase, "partner.ase") == "ok"
    assert read(as_user(broker, "membership.intake"), "partner.ase", "membership.intake") == "x"
    for name in ("partner.cref", "pay.submitted", "partner.ase.rejected", "membership.dead"):
        assert write(ase, name) == NOT_THIS_TOPIC


def test_a_partner_reads_what_was_refused_of_it_only(broker: NativeKafka) -> None:
    assert write(as_user(broker, "membership.intake"), "partner.ase.rejected") == "ok"
    assert read(as_user(broker, "partner-ase"), "partner.ase.rejected", "partner-ase.desk") == "x"
    assert read(as_user(broker, "partner-cref"), "partner.ase.rejected", "partner-cref.desk") == NOT_THIS_TOPIC
    assert read(as_user(broker, "partner-ase"), "partner.ase.rejected", "membership.intake") == NOT_THIS_GROUP


def test_a_service_does_what_the_table_lists_it_for(broker: NativeKafka) -> None:
    assert write(as_user(broker, "membership.intake"), "pay.submitted") == "ok"
    assert read(as_user(broker, "exchange"), "pay.submitted", "exchange") == "x"
    assert read(as_user(broker, "matching"), "pay.submitted", "matching") == NOT_THIS_TOPIC
    assert write(as_user(broker, "exchange"), "contact.changed") == NOT_THIS_TOPIC


@pytest.mark.parametrize("password", [None, "guessed"])
def test_nobody_comes_in_without_the_right_password(broker: NativeKafka, password: str | None) -> None:
    client = AdminClient(librdkafka_options(KafkaAddress(str(broker.address), "exchange", password)))
    with pytest.raises(KafkaException):
        client.list_topics(timeout=3)


def test_a_log_begun_without_passwords_is_not_secured_afterwards(tmp_path: Path) -> None:
    (tmp_path / "kafka" / "log").mkdir(parents=True)
    with pytest.raises(ServerError, match="was begun without it; begin anew with --fresh"):
        NativeKafka(tmp_path / "kafka", secure=True)


def test_a_secured_system_comes_up_and_every_command_signs_in(server_folder: Path) -> None:
    up = start(server_folder, "driveline up --secure --ready-file ready.json --data-dir state")
    try:
        assert up.running["kafka_user"] == "admin"
        assert json.loads(up.driveline("topics", "check", "--json").stdout)["different"] == []
        line = {"submission_id": "s-1", "revision": 2, "member_id": "shop-1", "measure": "pay"}
        envelope = {"specversion": "1.0", "id": "w-1", "source": "test", "type": "driveline.submission.withdrawn.v1"}
        (server_folder / "one.ndjson").write_text(json.dumps({**envelope, "data": line}))
        for command in ("publish one.ndjson", "settle --timeout 60", "dead-letters list", "release", "verify"):
            run = up.driveline(*command.split())
            assert run.returncode == 0, run.stderr
        said = json.loads(up.driveline("partner", "add", "elm", "--scopes", "pay:write", "--json").stdout)
        partner = KafkaAddress(up.running["kafka"], said["kafka_user"], said["kafka_password"])
        assert write(partner, "partner.elm") == "ok"
    finally:
        up.process.terminate()
        assert up.process.wait(120) == 0
