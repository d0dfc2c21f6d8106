"""What membership is told by its environment, beside what every service is told."""

from chassis.settings import ServiceSettings
from pydantic import Field, SecretStr

from membership.domain.sign_in import origin


class Settings(ServiceSettings):
    """Prefix `DRIVELINE_`, as for every service."""

    bootstrap_secret: SecretStr | None = None
    """The secret of the client `bootstrap`, which gets a token with every scope; without one there is no such client."""
    token_ttl_s: int = Field(default=3_600, ge=60)
    """How long a partner's or member's token is good for."""
    bootstrap_token_ttl_s: int = Field(default=86_400, ge=60)
    """How long the administrator's token is good for."""
    session_ttl_s: int = Field(default=8 * 3_600, ge=60)
    """How long somebody stays signed in."""
    home_url: str = ""
    """Where people go after signing in: matching's home page. Empty: to membership's own page."""
    next_origins: tuple[str, ...] = ()
    """Where else signing in may lead, as a JSON list such as `["https://match.example.org"]`; the origins of
    `public_url`, `home_url` and `pages` may be gone to anyway."""
    cookie_domain: str | None = None
    """The domain that the services' hosts share, such as `example.org`; None where they are one host on several ports."""

    @property
    def base(self) -> str:
        """Where browsers find membership."""
        return (self.public_url or self.accounts).rstrip("/")

    @property
    def own_page(self) -> str:
        """Membership's own first page."""
        return f"{self.base}/"

    @property
    def home(self) -> str:
        """Where people go after signing in."""
        return self.home_url or self.own_page

    @property
    def origins(self) -> frozenset[str]:
        """Where signing in may lead."""
        return frozenset(map(origin, (*self.next_origins, self.base, self.home, *self.pages.values()))) - {""}
