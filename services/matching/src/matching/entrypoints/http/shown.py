"""How needs, offers and proposals look over HTTP: the fields of their events, and where they stand."""

from typing import Any

from contracts.fields import moment_text

from matching.adapters import facts
from matching.domain.offer import Offer
from matching.domain.proposal import Proposal
from matching.usecases.read_partnerships import Partnerships, Whole


def need(whole: Whole) -> dict[str, Any]:
    """A need, its state and outcome, and what was proposed for it."""
    return facts.requested(whole.need).model_dump(mode="json") | {
        "state": whole.need.state,
        "closes_at": moment_text(whole.need.closes_at),
        "outcome": whole.outcome,
        "proposals": [proposal(made) for made in whole.proposals],
    }


def offer(found: Offer) -> dict[str, Any]:
    """An offer and its state."""
    state = "withdrawn" if found.withdrawn else "open"
    return facts.offered(found).model_dump(mode="json") | {"state": state}


def proposal(made: Proposal) -> dict[str, Any]:
    """A proposal and what each side said."""
    plain = ("proposal_id", "need_id", "offer_id", "revision", "state", "requested_by", "offered_by", "distance_miles")
    return {name: getattr(made, name) for name in plain} | {
        "since": moment_text(made.since),
        "answer_until": moment_text(made.answer_until) if made.awaits else None,
        "awaits": made.awaits,
        "declined_by": made.declined_by,
        "reason": made.reason,
        "said_completed_by": [
            member
            for member, said in (
                (made.requested_by, made.requester_says),
                (made.offered_by, made.offerer_says),
            )
            if said is not None
        ],
        "students_reached": made.outcome.students_reached,
        "hours_given": made.outcome.hours_given,
        "value_donated": made.outcome.value_donated,
    }


def partnerships(found: Partnerships) -> dict[str, Any]:
    """All that a member takes part in."""
    return {
        "member_id": found.member_id,
        "needs": [need(whole) for whole in found.needs],
        "offers": [offer(mine) for mine in found.offers],
        "proposals": [proposal(made) for made in found.proposals],
    }
