"""How a subscriber is wired, by FastStream's in-memory broker: routing and validation only, no evidence of delivery."""

import pytest
from chassis.broker import kafka_broker
from chassis.consumer import Consumer, consume
from chassis.settings import ServiceSettings
from faststream import AckPolicy

SETTINGS = ServiceSettings(kafka="127.0.0.1:1", redis="redis://r", postgres="postgresql+asyncpg://u@127.0.0.1:1/p")


async def handler(*_args: object) -> None:
    """Never called here."""


def test_a_subscriber_is_safe_whatever_its_options() -> None:
    broker = kafka_broker(SETTINGS)
    common = {"service": "shop", "handler": handler, "dead_letters": None, "database": None}
    consume(broker, group="shop", topics=["media.published"], **common)  # type: ignore[arg-type]
    consume(broker, group="shop.intake", pattern=r"partner\..*", **common)  # type: ignore[arg-type]
    assert len(broker.subscribers) == len(broker.consumers) == 2
    for subscriber, consumer in zip(broker.subscribers, broker.consumers, strict=True):
        assert subscriber.ack_policy is AckPolicy.MANUAL
        assert isinstance(consumer, Consumer)
        assert consumer.drain.subscriber is not None


def test_topics_or_a_pattern_not_both_and_not_neither() -> None:
    broker = kafka_broker(SETTINGS)
    for chosen in ({}, {"topics": ["a"], "pattern": "b"}):
        with pytest.raises(ValueError, match="topics: name some, or give a pattern, not both"):
            consume(
                broker,
                service="shop",
                group="shop",
                handler=handler,  # type: ignore[arg-type]
                dead_letters=None,  # type: ignore[arg-type]
                database=None,  # type: ignore[arg-type]
                **chosen,  # type: ignore[arg-type]
            )
