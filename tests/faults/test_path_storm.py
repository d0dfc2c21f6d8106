"""Every process is killed again and again during 500 requests: each has its outcome, no capacity is oversold or left
reserved, and every message went out once for its cause or is recorded as unknown.
"""

import re
from collections import Counter, defaultdict
from email.parser import BytesHeaderParser
from typing import Any

import httpx
import pytest
from asked_and_offered import DAYS, KINDS, PLACES
from capacity_ledger import Ledger, ledger_of
from market import REJECTED
from outside import Record
from path_aftermath import NEEDS, STEPS, PathAftermath, matching

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

OUT = ("sent", "delivered")
_AGREE = re.compile(r"says yes to (Need \d+)\. Reply YES")
_THANKS = re.compile(r'passed on your (?:yes|no) for "(Need \d+)"')


def test_the_storm_was_one(path_aftermath: PathAftermath) -> None:
    deaths = Counter(blow.partition(": ")[2] for blow in path_aftermath.struck)
    processes = ("membership 0", "membership 1", "matching 0", "notifications 0", "exchange 0")
    assert deaths == {f"{process} killed": 3 for process in processes}
    did = path_aftermath.did
    assert min(did["by link"], did["by text"], did["said no"]) > 10
    assert did["found nobody"] > 0


def test_every_need_has_exactly_one_outcome(path_aftermath: PathAftermath) -> None:
    outcomes = _outcomes(path_aftermath)
    wrong = {name: found for name in path_aftermath.market.needs if len(found := outcomes[name]) != 1}
    assert wrong == {}
    assert outcomes.keys() == path_aftermath.market.needs.keys()
    said = Counter(outcome.partition(" ")[0] for found in outcomes.values() for outcome in found)
    assert said.total() == NEEDS
    assert min(said["agreed"], said["no_candidate"]) > 10  # both happened: less was offered than was asked for
    withdrawn = {name for name, found in outcomes.items() if found == ["withdrawn"]}
    assert withdrawn
    assert withdrawn <= path_aftermath.market.taken_back


def test_matching_says_over_http_what_the_log_says(path_aftermath: PathAftermath) -> None:
    outcomes = _outcomes(path_aftermath)
    assert path_aftermath.needs.keys() == path_aftermath.market.needs.keys()
    last = {proposal: told[max(told)][0] for proposal, told in _lives(path_aftermath).items()}
    wrong = []
    for name, need in path_aftermath.needs.items():
        wanted = {"agreed": "filled", "no_candidate": "ended", "withdrawn": "withdrawn"}
        if [wanted[one.partition(" ")[0]] for one in outcomes[name]] != [need["state"]]:
            wrong.append(f"{name} is {need['state']}, {outcomes[name]}")
        for proposal in need["proposals"]:
            state = {"withdrawn": "expired"}.get(proposal["state"], proposal["state"])
            if last[proposal["proposal_id"]] != state:
                wrong.append(f"{proposal['proposal_id']} is {proposal['state']}, {last[proposal['proposal_id']]}")
    assert wrong == []
    assert sum(len(need["proposals"]) for need in path_aftermath.needs.values()) == len(last)


def test_each_proposal_took_one_step_after_the_other(path_aftermath: PathAftermath) -> None:
    allowed = {
        ("proposed", "accepted", "agreed"), ("proposed", "accepted", "declined"), ("proposed", "accepted", "expired"),
        ("proposed", "declined"), ("proposed", "expired"),
    }  # fmt: skip
    wrong = []
    for proposal, told in _lives(path_aftermath).items():
        if sorted(told) != list(range(1, len(told) + 1)) or any(len(contents) != 1 for contents in told.values()):
            wrong.append(f"{proposal} was told {told}")
        elif tuple(contents[0] for _, contents in sorted(told.items())) not in allowed:
            wrong.append(f"{proposal} went {told}")
    assert wrong == []


def test_no_offer_was_ever_oversold(path_aftermath: PathAftermath) -> None:
    assert _ledger(path_aftermath).oversold == []


def test_only_what_was_agreed_still_holds_capacity(path_aftermath: PathAftermath) -> None:
    agreed = {record.body["proposal_id"] for record in path_aftermath.steps["agreed"]}
    assert _ledger(path_aftermath).held == agreed


def test_what_was_not_agreed_can_be_had_by_the_next_and_no_more(path_aftermath: PathAftermath) -> None:
    """Matching's own count, asked in the only way there is: who comes now is proposed to whoever has room left."""
    ledger, outside = _ledger(path_aftermath), path_aftermath.outside
    schools = {person.place: person for person in path_aftermath.people.values() if person.role == "instructor"}
    wrong = []
    with matching(outside) as api:
        for number, (place, kind) in enumerate((place, kind) for place in PLACES for kind in KINDS):
            day = DAYS[number % len(DAYS)].isoformat()
            body = path_aftermath.market.need(schools[place], "One more", kind, DAYS[number % len(DAYS)])
            there = [name for name, offer in ledger.offers.items() if (offer["place"], offer["kind"]) == (place, kind)]
            left = Counter(
                {name: ledger.room(name, day) for name in there if name not in path_aftermath.market.taken_back}
            )
            had: Counter[str] = Counter()
            while offer_id := _had_by_one_more(api, body):
                had[offer_id] += 1
            if had != +left:
                wrong.append(f"{kind} in {place} on {day}: had {+had - left}, not {+left - had}")
    assert wrong == []


def test_every_message_has_one_final_outcome(path_aftermath: PathAftermath) -> None:
    ids: dict[tuple[str, ...], set[str]] = defaultdict(set)
    wrong = []
    for message, told in _messages(path_aftermath).items():
        newest = told[max(told)]
        ids[tuple(newest[name] for name in ("cause", "contact_id", "channel", "template"))].add(message)
        if sorted(told) != list(range(1, len(told) + 1)):
            wrong.append(f"{message} has revisions {sorted(told)}")
        if newest["outcome"] == "held" or [body["outcome"] for body in told.values()].count("sent") > 1:
            wrong.append(f"{message} is {[body['outcome'] for body in told.values()]}")
    assert wrong == []
    assert {key: some for key, some in ids.items() if len(some) != 1} == {}


def test_every_mail_is_there_once_or_unknown(path_aftermath: PathAftermath) -> None:
    # Its head alone, and as it stands: of some thousand mails the whole takes longer than all of the test.
    heads = (BytesHeaderParser().parsebytes(mail.source) for mail in path_aftermath.mails)
    there = Counter(head["message-id"].strip(" \r\n<>").partition("@")[0] for head in heads)
    newest = {message: told[max(told)] for message, told in _messages(path_aftermath).items()}
    mails = {message: body["outcome"] for message, body in newest.items() if body["channel"] == "email"}
    wrong = [
        f"{message} is {outcome}, and there {there[message]} times"
        for message, outcome in mails.items()
        if there[message] not in ((1,) if outcome in OUT else (0, 1) if outcome == "unknown" else (0,))
    ]
    assert wrong == []
    assert there.keys() - mails.keys() == set()
    assert there.total() > NEEDS


def test_every_text_is_there_once_or_unknown(path_aftermath: PathAftermath) -> None:
    said: dict[str, Counter[str]] = defaultdict(Counter)
    for told in _messages(path_aftermath).values():
        newest = told[max(told)]
        if newest["channel"] == "sms":
            said[str(path_aftermath.people[newest["contact_id"]].phone)][newest["outcome"]] += 1
    there = Counter(text.to for text in path_aftermath.texts)
    wrong = []
    for phone in {*said, *there}:
        out = said[phone]["sent"] + said[phone]["delivered"]
        if not out <= there[phone] <= out + said[phone]["unknown"]:
            wrong.append(f"{phone} has {there[phone]} texts, {dict(said[phone])}")
    assert wrong == []
    # A code names one question: none comes twice to the same phone.
    questions = Counter((text.to, text.text) for text in path_aftermath.texts if " YES " in text.text)
    assert [text for text, count in questions.items() if count > 1] == []
    # A thanks names a need. Where that was too late, and another shop said yes too, a school is asked about it once more.
    asked = Counter((to, need) for to, said_yes in questions for need in _AGREE.findall(said_yes))
    thanked = Counter((text.to, need) for text in path_aftermath.texts for need in _THANKS.findall(text.text))
    assert {one: count for one, count in thanked.items() if count > max(1, asked[one])} == {}
    assert asked.total() > 25
    assert thanked.total() > 25
    # Of a text in two parts a death may leave the first alone: then nobody says that it was sent.
    cut_off = Counter(text.to for text in path_aftermath.texts if text.missing)
    assert {phone: count for phone, count in cut_off.items() if count > said[phone]["unknown"]} == {}


def test_everybody_heard_of_every_step(path_aftermath: PathAftermath) -> None:
    """One mail each; of a step that was over before it was heard of, none is needed, but whoever answered had one."""
    heard: Counter[tuple[str, str]] = Counter()
    for told in _messages(path_aftermath).values():
        newest = told[max(told)]
        if newest["channel"] == "email" and newest["outcome"] != "failed":
            heard[newest["cause"], newest["template"]] += 1
    lives = _lives(path_aftermath)
    wrong = []
    for step, template, count in (
        ("proposed", "proposal", 1),
        ("accepted", "acceptance", 1),
        ("agreed", "agreement", 2),
    ):
        for ce_id, body in _by_id(path_aftermath.steps[step]).items():
            after = lives[body["proposal_id"]].get(body["revision"] + 1, [""])[0]
            wanted = (0, count) if after == "expired" else (count,)
            if heard[ce_id, template] not in wanted:
                wrong.append(f"{heard[ce_id, template]} mails of {step} {ce_id}, then {after or 'nothing'}")
    for ce_id, body in _by_id(path_aftermath.steps["expired"]).items():
        if body["reason"] == "no_candidate" and heard[ce_id, "nobody"] != 1:
            wrong.append(f"{heard[ce_id, 'nobody']} mails of the end {ce_id}")
    assert wrong == []


def test_nothing_was_left_behind(path_aftermath: PathAftermath) -> None:
    outside = path_aftermath.outside
    for service in ("membership", "exchange", "notifications"):
        assert outside.dead_letters(service) == []
    # A text that came in time, but was heard of when its proposal was over: matching tells the operators.
    over = {
        proposal for proposal, told in _lives(path_aftermath).items() if told[max(told)][0] in ("declined", "expired")
    }
    for letter in outside.dead_letters("matching"):
        assert letter["from"].startswith("partnership.answered/"), letter
        ended = re.fullmatch(r"proposal_id: '([^']+)' is (expired|withdrawn|declined) already", letter["reason"])
        assert ended is not None, letter
        assert ended[1] in over, letter
    assert outside.log(REJECTED) == []
    sent = {
        str(record.header("ce_id")) for record in (*path_aftermath.market.offered, *path_aftermath.market.requested)
    }
    with outside.api() as api:
        said = {ce_id: api.get(f"/v1/receipts/{ce_id}").json().get("outcome") for ce_id in sent}
    assert {ce_id: outcome for ce_id, outcome in said.items() if outcome != "accepted"} == {}


def _had_by_one_more(api: httpx.Client, body: dict[str, Any]) -> str | None:
    """The offer that one more need was proposed to, and then agreed; None if there was none."""
    need = api.post("/v1/needs", json=body).raise_for_status().json()
    if not need["proposals"]:
        return None
    (proposal,) = need["proposals"]
    for side, answer in (("offered_by", "accept"), ("requested_by", "agree")):
        said = {"member_id": proposal[side]}
        api.post(f"/v1/proposals/{proposal['proposal_id']}/{answer}", json=said).raise_for_status()
    return str(proposal["offer_id"])


def _ledger(found: PathAftermath) -> Ledger:
    return ledger_of(found.market.offers, found.steps)


def _by_id(records: list[Record]) -> dict[str, dict[str, Any]]:
    return {record.header("ce_id") or "": record.body for record in records}


def _outcomes(found: PathAftermath) -> dict[str, list[str]]:
    """By need: `agreed` with its proposal, `no_candidate`, `withdrawn`; a record that came twice counts once."""
    outcomes: dict[str, list[str]] = defaultdict(list)
    for body in _by_id(found.steps["agreed"]).values():
        outcomes[body["need_id"]].append(f"agreed {body['proposal_id']}")
    for body in _by_id(found.steps["expired"]).values():
        if body.get("proposal_id") is None:
            outcomes[body["need_id"]].append(body["reason"])
    return outcomes


def _lives(found: PathAftermath) -> dict[str, dict[int, list[str]]]:
    """By proposal: which steps were told under which revision, each content once."""
    lives: dict[str, dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
    for step in STEPS:
        for body in {(record.value, record.header("ce_id")): record.body for record in found.steps[step]}.values():
            if body.get("proposal_id") is not None:
                lives[body["proposal_id"]][body["revision"]].append(step)
    return lives


def _messages(found: PathAftermath) -> dict[str, dict[int, dict[str, Any]]]:
    """By message: what was said of it, by revision."""
    messages: dict[str, dict[int, dict[str, Any]]] = defaultdict(dict)
    for record in found.settled:
        known = messages[record.body["notification_id"]].setdefault(record.body["revision"], record.body)
        assert known == record.body
    return messages
