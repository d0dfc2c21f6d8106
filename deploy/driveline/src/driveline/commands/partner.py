"""`driveline partner`: makes another system known that may publish events."""

from secrets import token_urlsafe
from typing import Annotated

import typer
from chassis.servers.topics import apply_topics, from_contract
from contracts.topics import partner_topics

from driveline.access import grant, partner_rules, user_of
from driveline.doors import register_partner
from driveline.options import AsJson, ReadyFile
from driveline.output import say
from driveline.running import find

app = typer.Typer(help="Partners: systems that publish events for members.")


@app.callback()
def partners() -> None:
    """Partners: systems that publish events for members."""


@app.command("add")
def add(
    name: Annotated[str, typer.Argument(help="Lower case letters, digits and '-'; names the topic partner.NAME.")],
    *,
    scopes: Annotated[str, typer.Option("--scopes", help="Separated by commas, e.g. pay:write,submissions:write.")],
    new_secret: Annotated[bool, typer.Option("--new-secret", help="Give a known partner another secret.")] = False,
    ready_file: ReadyFile = None,
    as_json: AsJson = False,
) -> int:
    """Register a partner, make its two topics, and print its credentials, which are told only here."""
    running = find(ready_file)
    topics = partner_topics(name)
    asked = [item.strip() for item in scopes.split(",") if item.strip()]
    said = register_partner(running.membership, running.admin_token, name, asked, new_secret=new_secret)
    apply_topics(running.kafka, [from_contract(topic) for topic in topics])
    user = {}
    if running.kafka_user is not None:
        user = {"kafka_user": user_of(f"partner:{name}"), "kafka_password": token_urlsafe(24)}
        grant(running.kafka, {user["kafka_user"]: user["kafka_password"]}, partner_rules(name))
    told = {"name": name, "topic": topics[0].name, "rejected": topics[1].name}
    told |= {key: said[key] for key in ("client_id", "client_secret")} if said is not None else {"secret": "as before"}
    told |= user
    say("\n".join(f"{key:<14} {value}" for key, value in told.items()), told, as_json=as_json)
    return 0
