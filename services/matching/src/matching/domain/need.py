"""A need: what a member asks for, near a place, and whether somebody is still looked for."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal, Self
from zoneinfo import ZoneInfo

from matching.domain.site import Point

NeedState = Literal["open", "filled", "ended", "withdrawn"]


@dataclass(frozen=True, slots=True)
class Need:
    """A need at its newest revision. `closes_at`: nobody new is asked from then on."""

    need_id: str
    member_id: str
    revision: int
    kind: str
    zip: str
    point: Point
    closes_at: datetime
    places: int = 1
    radius_miles: int | None = None
    shop_types: tuple[str, ...] = ()
    program_id: str | None = None
    cip: str | None = None
    contact_id: str | None = None
    title: str | None = None
    students: int | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    answer_by: date | None = None
    state: NeedState = "open"

    def day(self, now: datetime) -> date:
        """The day by which an offer's capacity is judged: when it is to take place, or else today, where it is."""
        return self.starts_on or now.astimezone(ZoneInfo(self.point.timezone)).date()

    def go_to(self, state: NeedState) -> Self:
        """The need in another state."""
        return replace(self, state=state)
