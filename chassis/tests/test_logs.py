"""Logs are JSON, one object a line, with the event's id and its trace on every line of its handler."""

import json
import logging
from collections.abc import Callable, Iterator

import pytest
import structlog
from chassis.events import cause, event_applier
from chassis_shop import MEDIA, story
from contracts.codec import CloudEvent, encode_kafka, new_event
from contracts.event import Event
from sqlalchemy.ext.asyncio import AsyncSession

from chassis import logs, tracing


class Record:
    """As much of a record as an applier looks at."""

    def __init__(self, ce: CloudEvent) -> None:
        self.topic = MEDIA
        self.headers, self.value = encode_kafka(ce)


@pytest.fixture
def configure() -> Iterator[Callable[[], None]]:
    """To be called in the test itself: logs go to what stderr is then."""
    root = logging.getLogger()
    before = (root.handlers[:], root.level)
    yield lambda: logs.configure("shop", "info", "shop-1")
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
    root.handlers[:], root.level = before


async def test_every_line_of_a_handler_names_the_event_and_its_trace(
    configure: Callable[[], None], capsys: pytest.CaptureFixture[str]
) -> None:
    configure()
    parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    ce = new_event(story("m-1"), source="driveline/test")
    ce.extensions["traceparent"] = parent
    causes: list[CloudEvent | None] = []

    async def handler(event: Event, ce: CloudEvent, session: AsyncSession) -> None:
        causes.append(cause())
        logs.get("shop.handler").info("story taken in", media=event.key())
        logging.getLogger("some.library").warning("disk is %d%% full", 91)

    assert await event_applier(handler, "shop")([Record(ce)], None) == []  # type: ignore[list-item,arg-type]
    ours, theirs = (json.loads(line) for line in capsys.readouterr().err.splitlines())
    assert (ours["event"], ours["media"], ours["level"]) == ("story taken in", "m-1", "info")
    assert (theirs["event"], theirs["logger"]) == ("disk is 91% full", "some.library")
    for line in (ours, theirs):
        assert (line["service"], line["instance"], line["ce_id"]) == ("shop", "shop-1", ce.id)
        assert line["traceparent"].split("-")[1] == parent.split("-")[1]
        assert line["traceparent"] != parent, "a span of its own, in the trace of its cause"
    assert causes == [ce]
    assert cause() is None
    assert tracing.traceparent() is None


def test_libraries_are_quiet_by_default(configure: Callable[[], None], capsys: pytest.CaptureFixture[str]) -> None:
    configure()
    logging.getLogger("aiokafka.consumer").info("Discovered coordinator")
    logging.getLogger("some.library").info("hello")
    logs.get("shop").debug("details")
    assert capsys.readouterr().err == ""


def test_an_exception_is_one_line_too(configure: Callable[[], None], capsys: pytest.CaptureFixture[str]) -> None:
    configure()
    try:
        {}["colour"]
    except KeyError:
        logs.get("shop").exception("failed")
    (line,) = capsys.readouterr().err.splitlines()
    assert "KeyError: 'colour'" in json.loads(line)["exception"]
