"""Act one: schools and shops join by registry, by event and by word of an operator; they grant partners what these may do."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import islice
from pathlib import Path

import httpx
from chassis.servers.topics import apply_topics, from_contract
from contracts.topics import partner_topics, topic

from driveline.calls import answer, call
from driveline.demo import outside, sources, tail
from driveline.demo.market import Shop
from driveline.demo.publication import PAYROLL, WRENCHWAY, Publication, binary
from driveline.doors import register_partner
from driveline.errors import UserError
from driveline.running import Running
from driveline.settling import settled_within

ROWS = 1000
AT_ONCE = 8
# Days before today: before the earliest cutoff, that of labor rates; and too late for this epoch's cutoffs.
VERIFIED_BEFORE, VOUCHED_LATELY = 250, 20
REPEATED = 25  # applications that arrive twice
JOINED_WITHIN = 180
Seen = Callable[[int], None]


@dataclass
class Joined:
    """What became of a list or of applications: counts as membership gave them, and members by external id."""

    counts: dict[str, int] = field(default_factory=dict)
    members: dict[str, str] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)


def import_register(running: Running, register: str, today: date, seen: Seen) -> Joined:
    """Send a public register to membership; its rows were matched months ago."""
    rows = iter(sources.schools() if register == "schools" else sources.stations())
    joined = Joined()
    while chunk := list(islice(rows, ROWS)):
        verified_on = (today - timedelta(days=VERIFIED_BEFORE)).isoformat()
        body = {"list": register, "rows": chunk, "verified_on": verified_on}
        url = f"{running.membership}/v1/imports"
        said = answer(call("POST", url, token=running.admin_token, json=body, seconds=120))
        for name in ("rows", "joined", "merged", "unchanged", "not_ours"):
            joined.counts[name] = joined.counts.get(name, 0) + said[name]
        joined.members |= said["members"]
        joined.refused += [entry["reason"] for entry in said["refused"]]
        seen(joined.counts["rows"])
    return joined


def application(shop: Shop) -> Publication:
    """A synthetic shop's wish to join, as the hiring platform passes it on."""
    body = {
        "request_id": shop.ref,
        "kind": "business",
        "name": shop.name,
        "address": f"{shop.ref.partition(':')[2]} Example Street",
        "city": shop.city,
        "state": shop.state,
        "zip": shop.zip,
        "external_ids": [{"scheme": "synthetic", "id": shop.ref.partition(":")[2]}],
        "shop_type": shop.shop_type,
        "size": shop.size,
        "ownership": "single",
    }
    return binary(WRENCHWAY, f"demo-join-{shop.ref}", "member.join-requested", body)


def join_by_event(running: Running, shops: Sequence[Shop], scratch: Path, seen: Seen) -> Joined:
    """Synthetic shops apply through a partner's topic, some twice; their members are read from the answers."""
    applications = [application(shop) for shop in shops]
    file = scratch / "applications.ndjson"
    outside.write(file, [*applications, *applications[:REPEATED]])
    outside.publish(file, running.kafka, seen)
    settled_within(running, JOINED_WITHIN)
    joined = Joined()
    settled = topic("member.join-settled")
    for body in tail.bodies(running.kafka, settled.name, settled.partitions):
        outcome = body["outcome"]
        joined.counts[outcome] = joined.counts.get(outcome, 0) + 1
        if body["member_id"] is not None:
            joined.members[body["request_id"]] = body["member_id"]
        else:
            joined.refused.append(f"{body['request_id']}: {body['reason']}")
    return joined


def vouch(running: Running, days: dict[str, date], seen: Seen) -> None:
    """An operator says of each member since when somebody has vouched for it."""
    url, waiting, done = f"{running.membership}/v1/members/confirm", iter(days.items()), 0
    while chunk := [{"member_id": m, "verified_on": day.isoformat()} for m, day in islice(waiting, ROWS)]:
        said = answer(call("POST", url, token=running.admin_token, json={"members": chunk}, seconds=60))
        for refused in said["refused"]:
            raise UserError(f"demo: {refused['member_id']} not vouched for: {refused['reason']}")
        done += len(chunk)
        seen(done)


def leave(running: Running, members: Iterable[str]) -> None:
    """These members end their membership."""
    asyncio.run(_leave(running, iter(members)))


async def _leave(running: Running, waiting: Iterator[str]) -> None:
    headers = {"authorization": f"Bearer {running.admin_token}"}

    async def work(client: httpx.AsyncClient) -> None:
        for member in waiting:
            answer(await client.delete(f"/v1/members/{member}"))

    async with (
        httpx.AsyncClient(base_url=running.membership, headers=headers, timeout=30) as client,
        asyncio.TaskGroup() as group,
    ):
        for _ in range(AT_ONCE):
            group.create_task(work(client))


def admit_payroll_partner(running: Running) -> None:
    """A second partner with a topic of its own, besides those that the system knows from the start."""
    register_partner(running.membership, running.admin_token, PAYROLL, ["pay:write"])
    apply_topics(running.kafka, [from_contract(one) for one in partner_topics(PAYROLL)])


def grant(running: Running, partner: str, members: Sequence[str], scopes: Sequence[str] = ("pay:write",)) -> int:
    """The members let a partner send and withdraw in their name what the scopes say; returns how many grants changed."""
    body = {"partner": partner, "scopes": list(scopes), "member_ids": list(members)}
    said = answer(call("POST", f"{running.membership}/v1/grants", token=running.admin_token, json=body, seconds=60))
    return int(said["changed"])
