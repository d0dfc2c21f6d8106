"""An offer: what a member gives, how far from where, and how often; and the offerer as far as matching asks."""

from dataclasses import dataclass, replace
from typing import Self

from matching.domain.site import Point

GOOD_STANDING = ("active", "grace")
GONE = ("lapsed", "left")


@dataclass(frozen=True, slots=True)
class Offer:
    """An offer at its newest revision."""

    offer_id: str
    member_id: str
    revision: int
    kind: str
    zip: str
    point: Point
    radius_miles: int | None = None
    capacity: int = 1
    period: str | None = None
    withdrawn: bool = False

    def take_back(self) -> Self:
        """The offer as one of which no proposal is made any more."""
        return replace(self, withdrawn=True)


@dataclass(frozen=True, slots=True)
class Candidate:
    """An offer and who stands behind it. `status` is None as long as the member is not known.

    `shop_types` are those of the member's sites at the offer's ZIP, or else the member's own.
    """

    offer: Offer
    status: str | None
    shop_types: frozenset[str] = frozenset()

    @property
    def stands(self) -> bool:
        """Whether anybody may be sent there: neither taken back nor from somebody who has left."""
        return not self.offer.withdrawn and self.status in GOOD_STANDING
