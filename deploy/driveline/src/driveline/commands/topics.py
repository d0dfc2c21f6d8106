"""`driveline topics`: makes a cluster match `contracts.topics`, or says where it does not."""

from typing import Annotated

import typer
from chassis.servers.topics import Wanted, apply_topics, check_topics, grow_topics
from contracts.topics import COLLECTED

from driveline.doors import known_partners, wanted_topics
from driveline.options import AsJson, Kafka, ReadyFile
from driveline.output import complain, say
from driveline.running import kafka_of

app = typer.Typer(help="Make a cluster match the topic table, or check that it does.")
Production = Annotated[bool, typer.Option("--production", help="With the partition counts of production.")]
Partners = Annotated[
    list[str] | None, typer.Option("--partner", help="A partner whose topics belong there too; else the known ones.")
]


@app.command("apply")
def apply(
    *,
    kafka: Kafka = None,
    production: Production = False,
    partner: Partners = None,
    ready_file: ReadyFile = None,
    as_json: AsJson = False,
) -> int:
    """Make missing topics and set what differs; a wrong number of partitions is only reported, because keys would move."""
    bootstrap = kafka_of(kafka, ready_file)
    wanted = _wanted(partner, production)
    done = apply_topics(bootstrap, wanted)
    left = [str(item) for item in check_topics(bootstrap, wanted)]
    text = "\n".join([*done, f"{len(wanted)} topics, {len(done)} changes"])
    say(text, {"topics": len(wanted), "changed": done, "different": left}, as_json=as_json)
    return _complain(left, as_json)


@app.command("check")
def check(
    *,
    kafka: Kafka = None,
    production: Production = False,
    partner: Partners = None,
    ready_file: ReadyFile = None,
    as_json: AsJson = False,
) -> int:
    """Say what is missing or different; exit code 1 if anything is."""
    wanted = _wanted(partner, production)
    left = [str(item) for item in check_topics(kafka_of(kafka, ready_file), wanted)]
    say(f"{len(wanted)} topics, {len(left)} differences", {"topics": len(wanted), "different": left}, as_json=as_json)
    return _complain(left, as_json)


@app.command("grow")
def grow(
    *,
    partitions: Annotated[int, typer.Option("--partitions", min=1, help="How many each of them is to have.")],
    kafka: Kafka = None,
    ready_file: ReadyFile = None,
    as_json: AsJson = False,
) -> int:
    """Give the topics that the exchange collects more partitions. It stops until `driveline rebuild` has moved what it holds:
    see docs/runbooks/more-partitions.md."""
    had = grow_topics(kafka_of(kafka, ready_file), COLLECTED, partitions)
    lines = [f"{name}: {before} -> {partitions} partitions" for name, before in had.items() if before != partitions]
    text = "\n".join([*lines, f"{len(had)} topics, {len(lines)} changes"])
    say(text, {"partitions": partitions, "had": had}, as_json=as_json)
    return 0


def _wanted(partners: list[str] | None, production: bool) -> list[Wanted]:
    return wanted_topics(partners or list(known_partners()), production=production)


def _complain(left: list[str], as_json: bool) -> int:
    if not as_json:
        for item in left:
            complain(item)
    return 1 if left else 0
