"""Four of FastStream's defaults lose events silently; this finds code that would lean on them.

Rule 1: the default ack policy commits before or despite a failure: every subscriber says MANUAL itself.
Rule 2: a policy given to the broker does not reach a router's subscribers: neither counts for a subscriber.
Rule 3: in batch mode one odd header or body loses the whole batch: a batch subscriber has its own parser and decoder.
Rule 10: `latest`, `acks=1` and topic auto-creation are defaults: they are overridden wherever a client is made.

A source is judged by what it says itself: a keyword hidden in `**options`, or behind another name, is not said.
"""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from faststream import AckPolicy
from faststream.kafka import KafkaBroker

SAFE_RESETS = {"earliest", "none"}
CLIENTS = {"KafkaBroker", "KafkaRouter", "Broker", "AIOKafkaConsumer", "AIOKafkaProducer"}


def said(call: ast.Call) -> dict[str, str]:
    """The keywords of a call as source text; a literal string without its quotes."""
    return {
        keyword.arg: str(keyword.value.value) if isinstance(keyword.value, ast.Constant) else ast.unparse(keyword.value)
        for keyword in call.keywords
        if keyword.arg is not None
    }


def _name(call: ast.Call) -> str:
    return ast.unparse(call.func).rsplit(".", 1)[-1]


def _subscriber(given: dict[str, str]) -> Iterator[str]:
    if not given.get("ack_policy", "").endswith("AckPolicy.MANUAL"):
        yield "rule 1: a subscriber without ack_policy=AckPolicy.MANUAL of its own"
    if given.get("auto_offset_reset") not in SAFE_RESETS:
        yield "rule 10: a subscriber without auto_offset_reset='earliest' or 'none'"
    if given.get("batch", "False") != "False":
        yield from (
            f"rule 3: a batch subscriber without a {what} of its own"
            for what in ("parser", "decoder")
            if given.get(what, "None") == "None"
        )


def _client(name: str, given: dict[str, str]) -> Iterator[str]:
    if name in {"KafkaBroker", "Broker"}:
        if given.get("allow_auto_create_topics") != "False":
            yield "rule 10: a broker without allow_auto_create_topics=False"
        if given.get("acks") != "all" or given.get("enable_idempotence") != "True":
            yield "rule 10: a broker without acks='all' and enable_idempotence=True"
    if name in {"KafkaBroker", "Broker", "KafkaRouter"} and not given.get("ack_policy", "").endswith(
        "AckPolicy.MANUAL"
    ):
        yield "rule 2: a broker or router without ack_policy=AckPolicy.MANUAL"
    if name == "AIOKafkaConsumer":
        if given.get("enable_auto_commit") != "False":
            yield "rule 1: a consumer without enable_auto_commit=False"
        # A passed-on variable is judged where it is set; the default is not.
        if given.get("auto_offset_reset", "latest") == "latest":
            yield "rule 10: a consumer without auto_offset_reset='earliest' or 'none'"
    if name == "AIOKafkaProducer" and (given.get("acks") != "all" or given.get("enable_idempotence") != "True"):
        yield "rule 10: a producer without acks='all' and enable_idempotence=True"


def violations(source: str, path: str) -> list[str]:
    """What one file does wrong, as `path:line: rule N: ...`; `path` tells a service and a factory from the rest."""
    tree = ast.parse(source)
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}
    modules = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    modules |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    outbox_only = any(name.startswith("faststream_outbox") for name in modules) and not any(
        name.startswith("faststream.kafka") for name in modules
    )
    found: list[str] = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = _name(node)
        problems: list[str] = []
        if name == "subscriber" and isinstance(node.func, ast.Attribute) and not outbox_only:
            problems += _subscriber(said(node))
        if name in CLIENTS and (name in imported or "." in ast.unparse(node.func) or name == "Broker"):
            problems += _client(name, said(node))
            if path.startswith("services/"):
                problems.append(
                    f"rule 10: {name} is made in a service; take it from chassis.broker or chassis.producer"
                )
        found += [f"{path}:{node.lineno}: {problem}" for problem in problems]
    return found


def sources(root: Path) -> Iterator[tuple[str, str]]:
    """Path and text of every file of every member."""
    for member in ("contracts", "chassis", "services/*", "deploy/driveline", "bench"):
        for path in sorted(root.glob(f"{member}/src/**/*.py")):
            yield path.relative_to(root).as_posix(), path.read_text("utf-8")


def unsafe(broker: KafkaBroker) -> list[str]:
    """What a real broker, with all its routers' subscribers, would do wrong when it runs."""
    config: Any = broker.config.broker_config
    found = ["rule 10: creates topics"] if config.allow_auto_create_topics else []
    for subscriber in broker.subscribers:
        one: Any = subscriber
        name = ",".join(one.topic_names)
        if one.ack_policy is not AckPolicy.MANUAL:
            found.append(f"rule 1: {name} has ack policy {one.ack_policy.name}")
        if one._connection_args.get("auto_offset_reset") not in SAFE_RESETS:
            found.append(f"rule 10: {name} begins at {one._connection_args.get('auto_offset_reset')}")
        if one._connection_args.get("enable_auto_commit"):
            found.append(f"rule 1: {name} commits by itself")
        if type(one).__name__ == "BatchSubscriber" and not (one._call_options.parser and one._call_options.decoder):
            found.append(f"rule 3: {name} is a batch subscriber without parser or decoder")
    return found
