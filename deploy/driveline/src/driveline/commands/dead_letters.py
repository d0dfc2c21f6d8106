"""`driveline dead-letters`: what could not be applied, and sending it once more."""

from typing import Annotated

import typer

from driveline.dead import DeadLetterBox, as_lines
from driveline.options import AsJson, Kafka, ReadyFile
from driveline.output import say
from driveline.running import kafka_of

app = typer.Typer(help="What could not be applied, and why.")
LetterId = Annotated[str, typer.Argument(metavar="ID", help="As `list` shows it, e.g. membership.dead/0/17.")]
OfService = Annotated[str | None, typer.Option("--service", help="Of this service only.")]


@app.command("list")
def list_letters(
    *, service: OfService = None, kafka: Kafka = None, ready_file: ReadyFile = None, as_json: AsJson = False
) -> int:
    """One line each: where it stands, where it came from, why it could not be applied."""
    box = DeadLetterBox(kafka_of(kafka, ready_file))
    found = [letter.summary() for letter in box.letters(service)]
    lines = [f"{entry['id']:<26} {entry['at']}  from {entry['from']}: {entry['reason']}" for entry in found]
    say("\n".join([*lines, f"{len(found)} dead letters"]), {"dead_letters": found}, as_json=as_json)
    return 0


@app.command("show")
def show(letter_id: LetterId, *, kafka: Kafka = None, ready_file: ReadyFile = None, as_json: AsJson = False) -> int:
    """Everything about one: its key, headers and value as they came."""
    letter = DeadLetterBox(kafka_of(kafka, ready_file)).letter(letter_id)
    say(as_lines(letter), letter.whole(), as_json=as_json)
    return 0


@app.command("replay")
def replay(letter_id: LetterId, *, kafka: Kafka = None, ready_file: ReadyFile = None, as_json: AsJson = False) -> int:
    """Send it once more, as it came, to the topic and partition that it came from."""
    box = DeadLetterBox(kafka_of(kafka, ready_file))
    sent_to = box.replay(box.letter(letter_id))
    say(f"{letter_id} sent to {sent_to}", {"id": letter_id, "sent_to": sent_to}, as_json=as_json)
    return 0
