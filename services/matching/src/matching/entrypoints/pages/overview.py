"""What the home page shows of a member's partnerships, in the order in which it matters."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from matching.domain.need import Need
from matching.domain.proposal import Proposal
from matching.entrypoints.pages import words
from matching.entrypoints.pages.story import Story, story
from matching.usecases.read_partnerships import Partnerships, Whole


@dataclass(frozen=True, slots=True)
class Asked:
    """A need of the member in words."""

    kind: str
    title: str | None
    days: str | None
    stands: str


def overview(found: Partnerships, now: datetime) -> dict[str, Any]:
    """The values of `home.html`."""
    told = [_story(found, proposal, now) for proposal in found.proposals]
    return {
        "name": found.names.get(found.member_id),
        "to_answer": [one for one in told if one.situation == "ask"],
        "agreed": [one for one in told if one.situation == "agreed"],
        "waiting": [one for one in told if one.situation == "said_yes"],
        "completed": [one for one in told if one.situation == "completed"],
        "asked": [_asked(whole, found.names, now) for whole in found.needs],
        "offers": [
            {
                "kind": words.kind(offer.kind),
                "town": words.town(offer.zip),
                "often": _often(offer.capacity, offer.period),
            }
            for offer in found.offers
            if not offer.withdrawn
        ],
    }


def _story(found: Partnerships, proposal: Proposal, now: datetime) -> Story:
    side = found.member_id == proposal.offered_by
    return story(found.of_needs[proposal.need_id], proposal, found.names, "offerer" if side else "requester", now)


def _asked(whole: Whole, names: dict[str, str], now: datetime) -> Asked:
    need = whole.need
    return Asked(
        words.kind(need.kind), need.title, words.days(need.starts_on, need.ends_on), _stands(whole, names, now)
    )


def _stands(whole: Whole, names: dict[str, str], now: datetime) -> str:
    """Where a need stands, as a sentence."""
    held = [proposal for proposal in whole.proposals if proposal.state in ("agreed", "completed")]
    agreed = f"Agreed with {_those(held, names)}." if held else ""
    match whole.need.state:
        case "filled":
            return agreed
        case "withdrawn":
            return agreed or "You took it back."
        case "ended":
            return agreed or "Nobody was found in time."
        case "open":
            return " ".join(part for part in (agreed, _looking(whole.need, whole.proposals, names, now)) if part)


def _looking(need: Need, made: list[Proposal], names: dict[str, str], now: datetime) -> str:
    turn = [proposal for proposal in made if proposal.state == "accepted"]
    if turn:
        return f"{_those(turn, names)} would do it, and you have the last word."
    asked = [proposal for proposal in made if proposal.awaits and now <= proposal.answer_until]
    if asked:
        return f"{_those(asked, names)} was asked, and has until {words.moment(asked[0].answer_until, need.point.timezone)}."
    return f"Nobody was found yet. We go on looking until {words.moment(need.closes_at, need.point.timezone)}."


def _those(made: list[Proposal], names: dict[str, str]) -> str:
    return " and ".join(dict.fromkeys(names.get(proposal.offered_by, "a business nearby") for proposal in made))


def _often(capacity: int, period: str | None) -> str:
    times = {1: "once", 2: "twice"}.get(capacity, f"{capacity} times")
    return times if period in (None, "once") else f"{times} a {period}"
