"""No code of any member, and no running broker of any service, leans on a default of FastStream that loses events."""

import importlib
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from chassis.broker import Broker
from fastapi import FastAPI
from faststream import AckPolicy
from faststream.kafka import KafkaBroker, KafkaRouter
from faststream_rules import sources, unsafe, violations

ROOT = Path(__file__).parents[2]
PROCESSES = ("membership.app", "membership.intake", "matching.app", "exchange.app", "notifications.app")


def test_no_source_leans_on_a_default_that_loses_events() -> None:
    checked = list(sources(ROOT))
    assert len(checked) > 100, "it looked at the members' sources"
    assert [line for path, text in checked for line in violations(text, path)] == []


SAFE_SUBSCRIBER = """
from faststream.kafka import KafkaRouter
from faststream import AckPolicy
router = KafkaRouter(ack_policy=AckPolicy.MANUAL)
@router.subscriber("t", batch=True, ack_policy=AckPolicy.MANUAL, auto_offset_reset="earliest", parser=p, decoder=d)
async def handler(records): ...
"""


@pytest.mark.parametrize(
    ("before", "after", "rule"),
    [
        ('"t", batch=True, ack_policy=AckPolicy.MANUAL', '"t", batch=True', "rule 1: a subscriber"),
        ('"t", batch=True, ack_policy=AckPolicy.MANUAL', '"t", batch=True, ack_policy=AckPolicy.ACK', "rule 1: a sub"),
        ('"t", batch=True, ack_policy=AckPolicy.MANUAL', '"t", batch=True, **options', "rule 1: a subscriber"),
        ("KafkaRouter(ack_policy=AckPolicy.MANUAL)", "KafkaRouter()", "rule 2: a broker or router"),
        (", parser=p", "", "rule 3: a batch subscriber without a parser"),
        (", decoder=d", "", "rule 3: a batch subscriber without a decoder"),
        (", parser=p", ", parser=None", "rule 3: a batch subscriber without a parser"),
        ('auto_offset_reset="earliest"', 'auto_offset_reset="latest"', "rule 10: a subscriber"),
        (', auto_offset_reset="earliest"', "", "rule 10: a subscriber"),
    ],
)
def test_a_planted_subscriber_is_found(before: str, after: str, rule: str) -> None:
    assert before in SAFE_SUBSCRIBER
    assert violations(SAFE_SUBSCRIBER, "chassis/src/chassis/x.py") == []
    found = violations(SAFE_SUBSCRIBER.replace(before, after), "chassis/src/chassis/x.py")
    assert len(found) == 1, found
    assert rule in found[0]


@pytest.mark.parametrize(
    ("path", "source", "rules"),
    [
        (
            "deploy/x.py",
            "from aiokafka import AIOKafkaConsumer\nAIOKafkaConsumer('t', group_id='g')",
            ["rule 1", "rule 10"],
        ),
        ("deploy/x.py", "import aiokafka\naiokafka.AIOKafkaConsumer(enable_auto_commit=False)", ["rule 10"]),
        (
            "deploy/x.py",
            (
                "from aiokafka import AIOKafkaConsumer\n"
                "AIOKafkaConsumer(enable_auto_commit=False, auto_offset_reset='latest')"
            ),
            ["rule 10"],
        ),
        ("deploy/x.py", "from aiokafka import AIOKafkaProducer\nAIOKafkaProducer(acks=1)", ["rule 10"]),
        (
            "deploy/x.py",
            "from faststream.kafka import KafkaBroker\nKafkaBroker('k', acks='all', enable_idempotence=True)",
            ["rule 10", "rule 2"],
        ),
        (
            "services/exchange/x.py",
            "from aiokafka import AIOKafkaProducer\nAIOKafkaProducer(acks='all', enable_idempotence=True)",
            ["rule 10"],
        ),
    ],
)
def test_a_planted_client_is_found(path: str, source: str, rules: list[str]) -> None:
    found = violations(source, path)
    assert [line.split(": ")[1] for line in found] == rules


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Addresses at which nobody listens: a composition root connects to nothing."""
    for name, value in {
        "KAFKA": "127.0.0.1:1",
        "REDIS": "redis://127.0.0.1:1",
        "POSTGRES": "postgresql+asyncpg://nobody@127.0.0.1:1/none",
    }.items():
        monkeypatch.setenv(f"DRIVELINE_{name}", value)
    root = logging.getLogger()
    before = (root.handlers[:], root.level)
    yield
    root.handlers[:], root.level = before
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


@pytest.mark.parametrize("process", PROCESSES)
async def test_the_broker_that_a_process_really_runs_is_safe(process: str, environment: None) -> None:
    module = importlib.import_module(process)
    settings = getattr(module, "Settings", None) or module.ServiceSettings
    app: FastAPI = module.build(settings())
    broker = app.state.broker
    assert isinstance(broker, Broker)
    assert unsafe(broker) == []
    assert len(broker.consumers) == len(broker.subscribers), "every subscriber was added by chassis.consumer"


async def handler(_records: object) -> None:
    """Never called here."""


def test_what_a_router_brings_to_a_broker_is_judged_too() -> None:
    """Rule 2, as it was tried: the broker says MANUAL, the router's subscriber acknowledges first all the same."""
    broker = KafkaBroker("127.0.0.1:1", ack_policy=AckPolicy.MANUAL, allow_auto_create_topics=False)
    router = KafkaRouter()
    router.subscriber("pay.submitted", group_id="g", auto_offset_reset="earliest")(handler)
    broker.include_router(router)
    assert any(line.startswith("rule 1: pay.submitted") for line in unsafe(broker)), unsafe(broker)


def test_a_running_broker_that_leans_on_defaults_is_found() -> None:
    broker = KafkaBroker("127.0.0.1:1")
    broker.subscriber("pay.submitted", group_id="g", batch=True)(handler)
    rules = [line.split(":")[0] for line in unsafe(broker)]
    assert rules == ["rule 10", "rule 1", "rule 10", "rule 1", "rule 3"]
