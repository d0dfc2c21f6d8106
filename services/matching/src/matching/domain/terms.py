"""The terms of matching where nobody says otherwise: how long an answer may take, how far somebody goes."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Terms:
    """Defaults for what a need or an offer leaves open."""

    answer_window: timedelta = timedelta(hours=72)
    """How long each side has to answer."""
    need_lifetime: timedelta = timedelta(days=14)
    """How long somebody is looked for when a need does not say `answer_by`."""
    need_radius_miles: int = 25
    offer_radius_miles: int = 50
