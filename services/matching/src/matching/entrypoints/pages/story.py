"""What a page tells of a proposal: who asks whom for what, and how it stands, seen from one of the two sides."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from matching.adapters.links import Side
from matching.domain.need import Need
from matching.domain.proposal import Proposal
from matching.entrypoints.pages import words

Situation = Literal["ask", "said_yes", "not_yet", "agreed", "completed", "said_no", "other_no", "late", "gone"]
# There is nothing more to be done, and it did not come to anything.
OVER: tuple[Situation, ...] = ("other_no", "late", "gone")


@dataclass(frozen=True, slots=True)
class Story:
    """A need and a proposal in words."""

    proposal_id: str
    situation: Situation
    kind: str
    title: str | None
    asker: str
    giver: str
    other: str
    town: str
    days: str | None
    students: int | None
    miles: str
    until: str
    told_completed: bool
    other_told_completed: bool


def story(need: Need, proposal: Proposal, names: dict[str, str], side: Side, now: datetime) -> Story:
    """The proposal as the member on that side sees it now."""
    asker = names.get(proposal.requested_by) or f"A school in {words.town(need.zip)}"
    giver = names.get(proposal.offered_by) or "A business nearby"
    mine, theirs = proposal.requester_says, proposal.offerer_says
    if side == "offerer":
        mine, theirs = theirs, mine
    return Story(
        proposal.proposal_id,
        situation(proposal, side, now),
        words.kind(need.kind),
        need.title,
        asker,
        giver,
        asker if side == "offerer" else giver,
        words.town(need.zip),
        words.days(need.starts_on, need.ends_on),
        need.students,
        words.miles(proposal.distance_miles),
        words.moment(proposal.answer_until, need.point.timezone),
        mine is not None,
        theirs is not None,
    )


def situation(proposal: Proposal, side: Side, now: datetime) -> Situation:
    """How it stands for that side."""
    me = proposal.offered_by if side == "offerer" else proposal.requested_by
    match proposal.state:
        case "agreed" | "completed":
            return proposal.state
        case "declined":
            return "said_no" if proposal.declined_by == me else "other_no"
        case "expired":
            return "late"
        case "withdrawn":
            return "gone"
        case "proposed" | "accepted":
            if now > proposal.answer_until:
                return "late"
            if proposal.awaits == me:
                return "ask"
            return "said_yes" if side == "offerer" else "not_yet"
