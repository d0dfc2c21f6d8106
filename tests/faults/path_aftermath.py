"""A system whose processes die while 500 schools ask, and the evidence that an outsider finds when all is over."""

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
from answerers import Answerers
from asked_and_offered import PLACES, Market, Person
from chassis.servers.mailbox import Mail, Mailbox
from chassis.servers.sms_centre import SmsCentre, Text
from driveline.system import System
from market import grant, join
from outside import PRODUCER, Outside, Record, until
from storm import Deaths

# Another seed is another storm: DRIVELINE_STORM_SEED=7 pytest tests/faults
SEED = int(os.environ.get("DRIVELINE_STORM_SEED", "20261130"))
SCHOOLS, SHOPS = 10, 15  # in each place
NEEDS = 500
PER_S = 25.0
STORM_S = 45.0
ENDS_WITHIN = 150
ANSWER_WINDOW_S, NEED_LIFETIME_S = 20, 40
AREAS = {"PA": "717", "SD": "605", "WY": "307", "WV": "304"}
STEPS = ("proposed", "accepted", "agreed", "declined", "completed", "expired")


@dataclass
class PathAftermath:
    """What was asked and offered, what was done to the system, and what it left on the log and with the servers."""

    outside: Outside
    market: Market
    people: dict[str, Person]  # by contact
    struck: list[str] = field(default_factory=list)
    did: Counter[str] = field(default_factory=Counter)
    steps: dict[str, list[Record]] = field(default_factory=dict)
    settled: list[Record] = field(default_factory=list)
    welcomed: dict[str, int] = field(default_factory=dict)
    needs: dict[str, dict[str, Any]] = field(default_factory=dict)  # as matching shows them over HTTP
    mails: list[Mail] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)

    def gather(self, mailbox: Mailbox, centre: SmsCentre) -> None:
        """All evidence, as it is now."""
        self.steps = {step: self.outside.log(f"partnership.{step}") for step in STEPS}
        self.settled = self.outside.log("notification.settled")
        self.needs = needs(self.outside)
        self.mails, self.texts = mailbox.everything(), centre.texts()


@contextmanager
def path_aftermath_of(folder: Path) -> Iterator[PathAftermath]:
    """Start; name people; let needs and answers flow while every process is killed; wait for the end of every need."""
    where: dict[str, Any] = {"data_dir": folder / "data", "ready_file": folder / "ready.json"}
    slower = slowness()
    environment = _environment(slower)
    system = System(**where, run_file=folder / "run.json", fresh=True, environment=environment)
    try:
        system.start()
        outside = Outside(folder / "ready.json", folder)
        running = outside.running
        with Mailbox(running["mail_api"]) as mailbox, SmsCentre(running["sms_api"]) as centre:
            people = _people(outside, centre)
            market = Market(SEED)
            market.draw_offers([person for person in people if person.role == "owner"])
            market.draw_needs([person for person in people if person.role == "instructor"], NEEDS)
            outside.publish(market.offered)
            outside.settle(60)
            found = PathAftermath(outside, market, {person.contact_id: person for person in people})
            _weather(system, found, Answerers(people, mailbox, centre, SEED), folder, slower)
            until(centre.untaken, lambda count: count == 0, 60)
            outside.settle(120)
            found.gather(mailbox, centre)
        yield found
    finally:
        system.stop()


def slowness() -> float:
    """How much longer everything takes on this machine because of what else it does: who dies needs that much longer to
    come back, and nobody would be asked anything if needs did not wait for it."""
    wall, mine = time.monotonic(), time.thread_time()
    while time.monotonic() - wall < 1.0:
        pass
    return min(3.0, max(1.0, (time.monotonic() - wall) / (time.thread_time() - mine)))


def _environment(slower: float) -> dict[str, dict[str, str]]:
    """Deadlines of seconds in place of days, and nobody's phone sleeps."""
    window, lifetime = f"{ANSWER_WINDOW_S * slower:.0f}", f"{NEED_LIFETIME_S * slower:.0f}"
    return {
        "matching": {"DRIVELINE_ANSWER_WINDOW_S": window, "DRIVELINE_NEED_LIFETIME_S": lifetime},
        "notifications": {"DRIVELINE_WAKING_HOURS": "00:00-24:00", "DRIVELINE_SEND_TIMEOUT_S": "5"},
    }


def needs(outside: Outside) -> dict[str, dict[str, Any]]:
    """All needs that matching has, by their ids."""
    found: dict[str, dict[str, Any]] = {}
    after: str | None = ""
    with matching(outside) as api:
        while after is not None:
            page = api.get("/v1/needs", params={"limit": 500, "after": after}).raise_for_status().json()
            found |= {need["need_id"]: need for need in page["needs"]}
            after = page["next"]
    return found


def matching(outside: Outside) -> httpx.Client:
    """Matching over HTTP, with the administrator's token."""
    headers = {"authorization": f"Bearer {outside.running['admin_token']}"}
    return httpx.Client(base_url=outside.running["matching"], headers=headers, timeout=30)


def _people(outside: Outside, centre: SmsCentre) -> list[Person]:
    """Schools and shops join and name somebody each, of whom every third has a phone and agrees to texts."""
    with outside.api() as api, ThreadPoolExecutor(4) as pool:
        people = list(pool.map(lambda who: _joins(api, *who), _cast()))
        grant(api, [person.member_id for person in people], ["partnerships:write"])
        lines = "\n".join(json.dumps(_named(person)) for person in people)
        named = api.post("/v1/contacts/import", content=lines).raise_for_status().json()["people"]
        people = [replace(person, contact_id=named[person.member_id][0]) for person in people]
        outside.settle(60)
        phones = [person for person in people if person.phone]
        for person in phones:
            api.post(f"/v1/members/{person.member_id}/contacts/{person.contact_id}/texts").raise_for_status()
        outside.settle(60)
    for text in centre.texts():
        centre.answer(text.to, text.sender, "YES")
    until(centre.untaken, lambda count: count == 0)
    outside.settle(60)
    return people


def _cast() -> Iterator[tuple[str, str, int]]:
    for place in PLACES:
        for number in range(SCHOOLS + SHOPS):
            yield place, "instructor" if number < SCHOOLS else "owner", number


def _joins(api: httpx.Client, place: str, role: str, number: int) -> Person:
    more = {"kind": "school", "level": "high_school", "shop_type": None, "size": None, "ownership": None}
    where = {"state": place, "zip": PLACES[place][0]}
    member_id = join(api, **where, **(more if role == "instructor" else {}))
    phone = f"+1{AREAS[place]}555{100 + number:04d}" if number % 3 == 0 else None
    email = f"{role}-{place.lower()}-{number}@example.com"
    return Person(member_id, place, role, email, phone, silent=number % 7 == 6)


def _named(person: Person) -> dict[str, Any]:
    said = {"name": "Alex Baker", "email": person.email, "roles": [person.role]}
    return {"member_id": person.member_id, "contacts": [said | ({"phone": person.phone} if person.phone else {})]}


def _weather(system: System, found: PathAftermath, answerers: Answerers, folder: Path, slower: float) -> None:
    """Publish from another process at a steady rate, answer beside it, and kill; returns when every need has ended."""
    lines = folder / "records.ndjson"
    lines.write_text("".join(record.line() + "\n" for record in found.market.requested))
    deaths = Deaths(system, STORM_S * slower, SEED)
    answerers.start()
    try:
        with lines.open("rb") as records, (folder / "producer.log").open("wb") as told:
            command = [sys.executable, str(PRODUCER), found.outside.running["kafka"], str(PER_S / slower)]
            with subprocess.Popen(command, stdin=records, stdout=told) as producer:
                try:
                    deaths.start()
                    deaths.wait()
                    producer.wait(120 * slower)
                finally:
                    producer.kill()
                    (folder / "struck.txt").write_text("\n".join(deaths.struck))
        system.fleet.wait_ready()
        found.outside.settle(120 * slower)
        with matching(found.outside) as api:
            still_open = {"state": "open", "limit": 1}
            until(
                lambda: api.get("/v1/needs", params=still_open).json()["needs"],
                lambda left: left == [],
                ENDS_WITHIN * slower,
            )
    finally:
        answerers.stop()
    found.struck, found.did = deaths.struck, answerers.did
    assert json.loads((folder / "producer.log").read_text())["acknowledged"] == len(found.market.requested)
