"""Act two: people are named, phones confirm, shops offer, schools ask, everybody answers; then it is counted."""

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import httpx
from chassis.servers.mailbox import Mailbox
from chassis.servers.sms_centre import SmsCentre
from contracts.topics import topic

from driveline.calls import answer, call
from driveline.causes import lines
from driveline.demo import joining, outside, tail
from driveline.demo.claim import Claim
from driveline.demo.market import Shop
from driveline.demo.partnerships.answering import Answers, People
from driveline.demo.partnerships.asking import CREF, SCOPE, needs, offers
from driveline.demo.partnerships.cast import Cast, cast
from driveline.demo.partnerships.tally import STEPS, Tally, tally
from driveline.demo.stages import Stages
from driveline.errors import UserError
from driveline.running import Running
from driveline.settling import settled_within
from driveline.tracing import trace

# Deadlines of seconds in place of days, so that the demo sees them pass; and nobody's phone sleeps.
ENVIRONMENT = {
    "matching": {"DRIVELINE_ANSWER_WINDOW_S": "20", "DRIVELINE_NEED_LIFETIME_S": "60"},
    "notifications": {"DRIVELINE_WAKING_HOURS": "00:00-24:00"},
}
NEEDS = 100
ENDS_WITHIN = 120.0
SETTLE_WITHIN = 120.0
PAUSE = 0.3


@dataclass
class Partnerships:
    """What the act found out."""

    cast: Cast
    needs: int
    offers: int
    answers: Answers
    tally: Tally
    traces: dict[str, list[str]]
    seconds: float

    def claims(self) -> Iterator[Claim]:
        """What it may say because of that."""
        counted, answers = self.tally, self.answers
        ended = counted.needs - counted.outcomes["open"]
        yield Claim(
            f"{counted.needs} requests of {len(self.cast.programs)} schools, {ended} with an outcome: "
            f"{counted.outcomes['agreed']} agreed, {counted.outcomes['nobody']} met by nobody",
            counted.needs >= NEEDS and ended == counted.needs and counted.outcomes["agreed"] > counted.needs // 3,
        )
        yield Claim(
            f"{counted.steps['declined']} times no, {len(answers.ignored)} links let be until they expired, "
            f"{counted.passed_on} requests passed on to the next shop and agreed",
            min(counted.steps["declined"], len(answers.ignored), counted.passed_on) > 0,
        )
        yield Claim(
            f"{answers.by_link} answered by a link in a mail, {answers.by_text} by a text; "
            f"{answers.looked} looks at a link changed nothing",
            answers.by_link > 0 and answers.by_text > 0,
        )
        yield Claim(
            f"{counted.mails.total():,} mails and {counted.texts.total():,} texts, each once for its cause"
            + (f", {counted.unknown} unknown" if counted.unknown else "")
            + (f"; but {counted.wrong[0]}" if counted.wrong else ""),
            not counted.wrong and counted.mails.total() > 0 and counted.texts.total() > 0,
        )


def perform(
    running: Running,
    schools: Mapping[str, str],
    shops: list[Shop],
    member_of: dict[str, str],
    scratch: Path,
    stages: Stages,
    today: date,
    seed: int,
    pay_event: str,
) -> Partnerships:
    """Drive it from nothing to an outcome for every request."""
    mail, texts = running.mail_api, running.sms_api
    if mail is None or texts is None:
        raise UserError("demo: the mail server and the SMS centre cannot be read (mail_api, sms_api)")
    begun = time.monotonic()
    with Mailbox(mail) as mailbox, SmsCentre(texts) as centre:
        players = _name_people(running, cast(schools, shops, member_of, seed), stages)
        with stages.stage("phones are asked whether they want texts") as stage:
            wanting = _confirm(running, players, centre)
            stage.detail = f"{wanting} said yes"
        offered, asked = list(offers(players, member_of)), list(needs(players, today))
        with stages.stage("shops offer, schools ask", len(offered) + len(asked)) as stage:
            granting = [person.member_id for person in players.people]
            joining.grant(running, CREF, granting, [SCOPE])
            for name, some in (("offers", offered), ("needs", asked)):
                outside.write(scratch / f"{name}.ndjson", some)
                outside.publish(scratch / f"{name}.ndjson", running.kafka, stage.at)
                if name == "offers":
                    settled_within(running, SETTLE_WITHIN)
            stage.detail = f"{len(offered)} offers, {len(asked)} requests"
        ids = [f"{CREF}/{json.loads(need.value or b'')['need_id']}" for need in asked]
        with People(players, mailbox, centre) as people:
            with stages.stage("everybody answers, by link or by text", len(ids)) as stage:
                _until_all_end(running, people, ids, stage.at)
                stage.detail = f"{people.answers.by_link} by link, {people.answers.by_text} by text"
            answers = people.answers
        with stages.stage("mails and texts are counted against their causes") as stage:
            settled_within(running, SETTLE_WITHIN)
            counted = _count(running, ids, mailbox, centre)
            stage.detail = f"{counted.mails.total():,} mails, {counted.texts.total():,} texts"
        with stages.stage("what one pay event and one request caused") as stage:
            events = (pay_event, asked[0].ce_id)
            found = trace(running.kafka, *events)
            traces = {event: lines(*one) for event, one in zip(events, found, strict=True)}
            stage.detail = f"{sum(len(one) for one in traces.values())} lines"
    return Partnerships(players, len(asked), len(offered), answers, counted, traces, time.monotonic() - begun)


def _name_people(running: Running, players: Cast, stages: Stages) -> Cast:
    with stages.stage("schools and shops name their people", len(players.people)) as stage:
        body = "\n".join(json.dumps(person.line()) for person in players.people)
        headers = {"authorization": f"Bearer {running.admin_token}"}
        said = httpx.post(f"{running.membership}/v1/contacts/import", content=body, headers=headers, timeout=60)
        found = answer(said)
        if found["refused"]:
            raise UserError(f"demo: {found['refused'][0]['reason']}")
        settled_within(running, SETTLE_WITHIN)
        stage.detail = f"{len(players.people)} people of {len(found['people'])} members"
    return players.known_as(found["people"])


def _confirm(running: Running, players: Cast, centre: SmsCentre) -> int:
    """A text asks each phone, and only its own reply is a consent."""
    wanting = {person.phone: person for person in players.owners.values() if person.texts}
    for person in wanting.values():
        url = f"{running.membership}/v1/members/{person.member_id}/contacts/{person.contact_id}/texts"
        answer(call("POST", url, token=running.admin_token), 202)
    settled_within(running, SETTLE_WITHIN)
    asked = [text for text in centre.texts() if text.to in wanting]
    for text in asked:
        centre.answer(text.to, text.sender, "Yes")
    deadline = time.monotonic() + SETTLE_WITHIN
    while centre.untaken():
        if time.monotonic() > deadline:
            raise UserError("demo: replies of phones were not taken")
        time.sleep(PAUSE)
    settled_within(running, SETTLE_WITHIN)
    return len(asked)


def _until_all_end(running: Running, people: People, needs: list[str], seen: Any) -> None:
    """People answer until every need has its outcome."""
    deadline = time.monotonic() + ENDS_WITHIN
    while True:
        answered = people.answer()
        ended = _ended(running)
        seen(len(ended & set(needs)))
        if ended >= set(needs):
            return
        if time.monotonic() > deadline:
            return  # the tally says which stayed open
        if not answered:
            time.sleep(PAUSE)


def _ended(running: Running) -> set[str]:
    ended: set[str] = set()
    for state in ("filled", "ended", "withdrawn"):
        after = ""
        while True:
            url = f"{running.matching}/v1/needs?state={state}&limit=500&after={after}"
            page = answer(call("GET", url, token=running.admin_token))
            ended |= {need["need_id"] for need in page["needs"]}
            if not (after := page["next"] or ""):
                break
    return ended


def _count(running: Running, needs: list[str], mailbox: Mailbox, centre: SmsCentre) -> Tally:
    def events(name: str) -> list[tuple[str, dict[str, Any]]]:
        records = tail.records(running.kafka, name, topic(name).partitions)
        return [
            ((dict(record.headers)["ce_id"] or b"").decode(), json.loads(record.value))
            for record in records
            if record.value is not None
        ]

    steps = {step: events(f"partnership.{step}") for step in STEPS}
    settled = [body for _, body in events("notification.settled")]
    return tally(needs, steps, settled, mailbox.everything(), centre.texts())
