"""What came of it, counted on the log, in the mail server and in the SMS centre, and held against each other."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chassis.servers.mailbox import Mail
from chassis.servers.sms_centre import Text

OUT = ("sent", "delivered")
STEPS = ("proposed", "accepted", "agreed", "declined", "expired")


@dataclass
class Tally:
    """Steps in the life of partnerships, messages by template, and whatever does not agree."""

    steps: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    """How each need ended: `agreed` or `nobody`; `open` if it did not."""
    passed_on: int = 0
    """Needs that were agreed after somebody else had said no or nothing."""
    mails: Counter[str] = field(default_factory=Counter)
    texts: Counter[str] = field(default_factory=Counter)
    unknown: int = 0
    wrong: list[str] = field(default_factory=list)

    @property
    def needs(self) -> int:
        """How many needs there were."""
        return self.outcomes.total()


def tally(
    asked: Sequence[str],
    steps: Mapping[str, Iterable[tuple[str, dict[str, Any]]]],
    settled: Iterable[dict[str, Any]],
    mails: Sequence[Mail],
    texts: Sequence[Text],
) -> Tally:
    """Count. `steps` are (ce_id, body) of each `partnership.` topic by its last word, `settled` the bodies of
    `notification.settled`."""
    found = Tally()
    events = {step: dict(steps.get(step, ())) for step in STEPS}
    for step, bodies in events.items():
        found.steps[step] = len(bodies)
    _needs(found, asked, events)
    newest = _newest(settled)
    _messages(found, newest, mails, texts)
    _causes(found, newest, events)
    return found


def _needs(found: Tally, asked: Sequence[str], events: Mapping[str, Mapping[str, dict[str, Any]]]) -> None:
    tried = Counter(body["need_id"] for body in events["proposed"].values())
    agreed = Counter(body["need_id"] for body in events["agreed"].values())
    over = Counter(body["need_id"] for body in events["expired"].values() if body.get("proposal_id") is None)
    for need in asked:
        ends = agreed[need] + over[need]
        found.outcomes["open" if ends == 0 else "agreed" if agreed[need] else "nobody"] += 1
        if ends > 1:
            found.wrong.append(f"{need} ended {ends} times")
        found.passed_on += agreed[need] == 1 and tried[need] > 1


def _newest(settled: Iterable[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    newest: dict[str, dict[str, Any]] = {}
    for body in settled:
        held = newest.get(body["notification_id"])
        if held is None or body["revision"] > held["revision"]:
            newest[body["notification_id"]] = body
    return newest


def _messages(found: Tally, newest: Mapping[str, dict[str, Any]], mails: Sequence[Mail], texts: Sequence[Text]) -> None:
    """Each message that went out is there once, and nothing else is."""
    out = [body for body in newest.values() if body["outcome"] in OUT]
    found.unknown = sum(body["outcome"] == "unknown" for body in newest.values())
    found.mails.update(body["template"] for body in out if body["channel"] == "email")
    found.texts.update(body["template"] for body in out if body["channel"] == "sms")
    ids = Counter(str(mail.headers["message-id"]) for mail in mails)
    found.wrong += [f"mail {one} is there {count} times" for one, count in ids.items() if count > 1]
    for what, there, sent in (("mails", len(mails), found.mails), ("texts", len(texts), found.texts)):
        if not sent.total() <= there <= sent.total() + found.unknown:
            found.wrong.append(f"{there} {what} are there, {sent.total()} went out")


def _causes(
    found: Tally, newest: Mapping[str, dict[str, Any]], events: Mapping[str, Mapping[str, dict[str, Any]]]
) -> None:
    """Whoever is asked, or is told that it is agreed, has one mail of it."""
    told = Counter(
        (body["cause"], body["template"], body["channel"]) for body in newest.values() if body["channel"] == "email"
    )
    for step, template, count in (
        ("proposed", "proposal", 1),
        ("accepted", "acceptance", 1),
        ("agreed", "agreement", 2),
    ):
        for ce_id in events[step]:
            mails = told[ce_id, template, "email"]
            if mails != count:
                found.wrong.append(f"{mails} mails tell of {step} {ce_id}, not {count}")
