"""What opens a system to the outside: the administrator's token and the partners."""

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

from chassis.servers.topics import Wanted, from_contract
from contracts.topics import TOPICS, partner_topics

from driveline.calls import answer, call

BOOTSTRAP = "bootstrap"


def known_partners() -> dict[str, list[str]]:
    """The partners that a system begins with, from the data file `partners.json`, each with its scopes."""
    found: dict[str, list[str]] = json.loads(files("driveline").joinpath("partners.json").read_text())
    return found


def wanted_topics(partners: list[str], *, production: bool = False) -> list[Wanted]:
    """The whole topic table, and two topics for each partner."""
    table = [*TOPICS, *(topic for partner in partners for topic in partner_topics(partner))]
    return [from_contract(topic, production=production) for topic in table]


def admin_token(membership: str, secret: str) -> tuple[str, float]:
    """A bearer token with every scope, and the seconds it is good for."""
    form = {"grant_type": "client_credentials", "client_id": BOOTSTRAP, "client_secret": secret}
    said = answer(call("POST", f"{membership}/oauth/token", form=form))
    return str(said["access_token"]), float(said["expires_in"])


def register_partner(
    membership: str, token: str, name: str, scopes: list[str], *, new_secret: bool = False
) -> dict[str, Any] | None:
    """Its credentials, which membership tells only once; None for a partner that was known before and keeps its secret."""
    body = {"name": name, "scopes": scopes, "new_secret": new_secret}
    said: dict[str, Any] = answer(call("POST", f"{membership}/v1/partners", token=token, json=body))
    return said if said.get("client_secret") else None


def remember_secret(path: Path, name: str, said: dict[str, Any]) -> None:
    """Keep a partner's credentials beside the data, for the owner of the folder only."""
    known: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    known[name] = {key: said[key] for key in ("client_id", "client_secret")}
    path.touch(mode=0o600)
    path.write_text(json.dumps(known, indent=2) + "\n")
