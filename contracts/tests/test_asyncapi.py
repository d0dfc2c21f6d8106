"""The AsyncAPI document: valid by AsyncAPI's own parser, and true to the topic table."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from asyncapi_parser import parsed
from contracts.topics import TOPICS
from contracts.upkeep.asyncapi import document
from known_events import HOME

needs_node = pytest.mark.skipif(shutil.which("npm") is None, reason="needs node and npm for AsyncAPI's own parser")


@needs_node
def test_the_committed_document_is_valid() -> None:
    (said,) = parsed(HOME / "asyncapi" / "driveline.json")
    assert said["errors"] == []
    assert said["valid"]
    shaped = {t.name for t in TOPICS if t.event or t.name.endswith(".dead")}
    assert set(said["channels"]) == shaped | {"partner.{partner}", "partner.{partner}.rejected"}


PLANTED: list[tuple[tuple[str, ...], Any, str]] = [
    (
        ("channels", "pay.submitted", "messages", "driveline.pay.submitted.v1", "$ref"),
        "#/components/messages/none",
        "does not exist",
    ),
    (
        ("operations", "exchange.receives.pay.submitted", "action"),
        "listen",
        "must be equal to one of the allowed values",
    ),
    (("components", "schemas", "PaySubmitted", "type"), "objekt", "must be equal to one of the allowed values"),
    (("channels", "pay.submitted", "address"), 7, "must be string"),
]


@needs_node
def test_the_parser_bites(tmp_path: Path) -> None:
    files: list[Path] = []
    for i, (place, value, _) in enumerate(PLANTED):
        inner: Any = (broken := document())
        for step in place[:-1]:
            inner = inner[step]
        inner[place[-1]] = value
        files.append(tmp_path / f"broken-{i}.json")
        files[-1].write_text(json.dumps(broken))
    for said, (place, _, problem) in zip(parsed(*files), PLANTED, strict=True):
        assert not said["valid"], place
        assert any(problem in line for line in said["errors"]), (place, said["errors"])


def test_the_document_says_who_writes_and_reads() -> None:
    operations = document()["operations"]
    by_group = {name for name, o in operations.items() if o["channel"]["$ref"] == "#/channels/member.join-requested"}
    assert by_group == {"membership.intake.sends.member.join-requested", "membership.receives.member.join-requested"}
    assert operations["exchange.receives.pay.submitted"]["summary"] == "exchange reads pay.submitted"
    contacts = {o["x-group"] for o in operations.values() if o["channel"]["$ref"] == "#/channels/contact.changed"}
    assert contacts == {"membership", "notifications"}


def test_partners_see_what_is_open_to_them_and_nothing_else() -> None:
    messages = set(document()["channels"]["partner"]["messages"])
    assert "driveline.pay.submitted.v1" in messages
    assert "driveline.member.joined.v1" not in messages
    assert "driveline.exchange.epoch.v1" not in messages


def test_a_channel_says_how_it_is_kept() -> None:
    kafka = document()["channels"]["member.join-requested"]["bindings"]["kafka"]
    assert kafka["partitions"] == 6
    assert kafka["topicConfiguration"] == {
        "cleanup.policy": ["delete"],
        "retention.ms": 604_800_000,
        "max.message.bytes": 4_194_304,
    }
