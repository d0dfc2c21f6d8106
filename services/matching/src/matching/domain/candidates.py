"""Candidates: which offers suit a need and have room for it, and in which order they are asked."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from matching.domain.capacity import free
from matching.domain.distance import miles
from matching.domain.need import Need
from matching.domain.offer import Candidate, Offer
from matching.domain.terms import Terms


def reach(need: Need, candidate: Candidate, terms: Terms) -> float:
    """How far apart the two may be: neither goes farther than it says."""
    return min(
        need.radius_miles or terms.need_radius_miles,
        candidate.offer.radius_miles or terms.offer_radius_miles,
    )


def suits(need: Need, candidate: Candidate, terms: Terms) -> bool:
    """Whether the offer is what the need asks for; nobody is matched with itself."""
    offer = candidate.offer
    return (
        candidate.stands
        and offer.kind == need.kind
        and offer.member_id != need.member_id
        and (not need.shop_types or not candidate.shop_types.isdisjoint(need.shop_types))
        and miles(need.point, offer.point) <= reach(need, candidate, terms)
    )


def nearest_first(need: Need, candidates: Iterable[Candidate], terms: Terms) -> list[Candidate]:
    """Those that suit, nearest first; of two equally near the one with the smaller id, so that a repeat asks the same."""
    suiting = [candidate for candidate in candidates if suits(need, candidate, terms)]
    return sorted(suiting, key=lambda c: (miles(need.point, c.offer.point), c.offer.offer_id))


def has_room(offer: Offer, need: Need, now: datetime, taken: Mapping[date, int]) -> bool:
    """Whether the offer can be taken once more when the need is to take place."""
    return free(offer.capacity, offer.period, need.day(now), taken) > 0
