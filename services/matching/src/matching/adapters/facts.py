"""What the rest of the house is told: needs, offers and proposals as the events of `contracts`."""

from typing import Any, TypeVar

from contracts.matching import (
    Partnership,
    PartnershipAccepted,
    PartnershipAgreed,
    PartnershipCompleted,
    PartnershipDeclined,
    PartnershipExpired,
    PartnershipOffered,
    PartnershipProposed,
    PartnershipRequested,
    PartnershipWithdrawn,
)

from matching.adapters.withdrawals import Thing
from matching.domain.need import Need
from matching.domain.offer import Offer
from matching.domain.outcome import Outcome
from matching.domain.proposal import Proposal

P = TypeVar("P", bound=Partnership)

_SHARED = ("need_id", "kind", "title", "contact_id", "program_id", "cip", "zip", "students", "starts_on", "ends_on")
_ASKED = ("radius_miles", "shop_types", "places", "answer_by", "member_id", "revision")


def requested(need: Need) -> PartnershipRequested:
    """A need as its sender spells it."""
    return PartnershipRequested.model_validate(_given({name: getattr(need, name) for name in (*_SHARED, *_ASKED)}))


def offered(offer: Offer) -> PartnershipOffered:
    """An offer as its sender spells it."""
    names = ("offer_id", "revision", "member_id", "kind", "zip", "radius_miles", "capacity", "period")
    return PartnershipOffered.model_validate(_given({name: getattr(offer, name) for name in names}))


def withdrawn(thing: Thing, thing_id: str, member_id: str, revision: int) -> PartnershipWithdrawn:
    """A need or an offer that its member took back over HTTP."""
    said = {f"{thing}_id": thing_id, "member_id": member_id, "revision": revision}
    return PartnershipWithdrawn.model_validate(said)


def proposed(need: Need, proposal: Proposal, answer_url: str) -> PartnershipProposed:
    """It is the offerer's turn."""
    return _of(PartnershipProposed, need, proposal, answer_url=answer_url)


def accepted(need: Need, proposal: Proposal, answer_url: str) -> PartnershipAccepted:
    """It is the requester's turn."""
    return _of(PartnershipAccepted, need, proposal, answer_url=answer_url)


def agreed(need: Need, proposal: Proposal) -> PartnershipAgreed:
    """Both said yes."""
    return _of(PartnershipAgreed, need, proposal)


def declined(need: Need, proposal: Proposal) -> PartnershipDeclined:
    """One said no."""
    return _of(PartnershipDeclined, need, proposal, declined_by=proposal.declined_by, reason=proposal.reason)


def completed(need: Need, proposal: Proposal) -> PartnershipCompleted:
    """Both said that it took place."""
    told: Outcome = proposal.outcome
    return _of(
        PartnershipCompleted,
        need,
        proposal,
        students_reached=told.students_reached,
        hours_given=told.hours_given,
        value_donated=told.value_donated,
    )


def expired(need: Need, proposal: Proposal) -> PartnershipExpired:
    """A proposal ended without an answer, or lost the ground it stood on."""
    reason = "withdrawn" if proposal.state == "withdrawn" else "no_answer"
    return _of(PartnershipExpired, need, proposal, reason=reason)


def ended(need: Need) -> PartnershipExpired:
    """The need itself ended: nobody is left to ask, or it was taken back."""
    reason = "withdrawn" if need.state == "withdrawn" else "no_candidate"
    said = _of_need(need) | {"revision": need.revision, "reason": reason}
    return PartnershipExpired.model_validate(_given(said))


def _of(model: type[P], need: Need, proposal: Proposal, **more: Any) -> P:
    names = ("proposal_id", "offer_id", "offered_by", "revision", "distance_miles", "answer_until")
    said = _of_need(need) | {name: getattr(proposal, name) for name in names} | more
    return model.model_validate(_given(said))


def _of_need(need: Need) -> dict[str, Any]:
    return {name: getattr(need, name) for name in _SHARED} | {"requested_by": need.member_id}


def _given(said: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in said.items() if value is not None}
