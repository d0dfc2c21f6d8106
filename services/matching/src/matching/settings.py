"""What matching is told by its environment, beside what every service is told."""

from datetime import timedelta

from chassis.settings import ServiceSettings
from pydantic import Field

from matching.domain.terms import Terms

_DEFAULT = Terms()


class Settings(ServiceSettings):
    """Prefix `DRIVELINE_`, as for every service."""

    answer_window_s: float = Field(default=_DEFAULT.answer_window.total_seconds(), gt=0)
    """How long each side has to answer a proposal."""
    need_lifetime_s: float = Field(default=_DEFAULT.need_lifetime.total_seconds(), gt=0)
    """How long somebody is looked for when a need does not say `answer_by`."""
    need_radius_miles: int = Field(default=_DEFAULT.need_radius_miles, ge=1, le=500)
    """How far away a need looks when it does not say."""
    offer_radius_miles: int = Field(default=_DEFAULT.offer_radius_miles, ge=1, le=500)
    """How far an offer goes when it does not say."""

    @property
    def terms(self) -> Terms:
        """The same for the rules."""
        return Terms(
            timedelta(seconds=self.answer_window_s),
            timedelta(seconds=self.need_lifetime_s),
            self.need_radius_miles,
            self.offer_radius_miles,
        )

    @property
    def base_url(self) -> str:
        """Where the links in messages lead."""
        return (self.public_url or f"http://127.0.0.1:{self.http_port}").rstrip("/")
