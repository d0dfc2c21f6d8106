"""What membership is told by its environment, beside what every service is told."""

from chassis.settings import ServiceSettings
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(ServiceSettings):
    """Prefix `DRIVELINE_`, as for every service."""

    bootstrap_secret: SecretStr | None = None
    """The secret of the client `bootstrap`, which gets a token with every scope; without one there is no such client."""
    token_ttl_s: int = Field(default=3_600, ge=60)
    """How long a partner's or member's token is good for."""
    bootstrap_token_ttl_s: int = Field(default=86_400, ge=60)
    """How long the administrator's token is good for."""


class DatabaseSettings(BaseSettings):
    """All that a command needs to know: membership's own database."""

    model_config = SettingsConfigDict(env_prefix="DRIVELINE_", extra="ignore")

    postgres: str = ""
