"""Who hears what of a partnership: the side whose turn it is, both when they agree, and whoever waited in vain."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from notifications.domain.notice import BOTH, DECIDES_AT_A_SCHOOL, DECIDES_AT_A_SHOP, EMAIL, Notice

MATCH = "match"
NOT_SAID = ("revision", "contact_id", "answer_until", "declined_by")


@dataclass(frozen=True, slots=True)
class Partnership:
    """What a `partnership.*` event says, as far as a message needs it."""

    proposal_id: str | None
    need_id: str
    revision: int
    kind: str
    requested_by: str
    title: str | None = None
    offered_by: str | None = None
    contact_id: str | None = None
    distance_miles: int | None = None
    students: int | None = None
    starts_on: str | None = None
    ends_on: str | None = None
    answer_until: datetime | None = None
    answer_url: str | None = None
    declined_by: str | None = None
    reason: str | None = None

    def said(self) -> dict[str, Any]:
        """What a template may use."""
        return {name: value for name, value in asdict(self).items() if value is not None and name not in NOT_SAID}


def proposed(p: Partnership) -> list[Notice]:
    """The business is asked."""
    return [_to_business(p, "proposal", answerable=True)]


def accepted(p: Partnership) -> list[Notice]:
    """The business said yes: the school is asked."""
    return [_to_school(p, "acceptance", answerable=True)]


def agreed(p: Partnership) -> list[Notice]:
    """It is going to take place: both hear of it."""
    return [_to_business(p, "agreement"), _to_school(p, "agreement")]


def declined(p: Partnership) -> list[Notice]:
    """A school that says no lets a business know that waited; of a business that says no only the next one hears."""
    return [_to_business(p, "closed")] if p.declined_by == p.requested_by else []


def expired(p: Partnership, *, was_accepted: bool) -> list[Notice]:
    """The need itself ended: the school hears that nobody could. A proposal ended: a business hears that was asked and
    is no more, or that said yes and never got an answer; one that did not answer knows."""
    if p.proposal_id is None:
        return [_to_school(p, "nobody")] if p.reason == "no_candidate" else []
    return [_to_business(p, "closed")] if was_accepted or p.reason == "withdrawn" else []


def _to_business(p: Partnership, template: str, *, answerable: bool = False) -> Notice:
    return _notice(p, template, p.offered_by or "", None, DECIDES_AT_A_SHOP, answerable)


def _to_school(p: Partnership, template: str, *, answerable: bool = False) -> Notice:
    return _notice(p, template, p.requested_by, p.contact_id, DECIDES_AT_A_SCHOOL, answerable)


def _notice(
    p: Partnership, template: str, member_id: str, contact_id: str | None, roles: tuple[str, ...], answerable: bool
) -> Notice:
    return Notice(
        template,
        MATCH,
        member_id,
        contact_id,
        roles=roles,
        channels=BOTH if answerable else EMAIL,
        data=p.said() | ({"answer_until": p.answer_until.isoformat()} if answerable and p.answer_until else {}),
        about=p.proposal_id,
        late_after=p.answer_until if answerable else None,
    )
