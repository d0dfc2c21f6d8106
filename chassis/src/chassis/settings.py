"""What a service process is told by its environment, prefix `DRIVELINE_`."""

from pydantic_settings import BaseSettings, SettingsConfigDict


class ServiceSettings(BaseSettings):
    """Addresses of the parts a service talks to; the service's own name is given by its composition root."""

    model_config = SettingsConfigDict(env_prefix="DRIVELINE_", extra="ignore", frozen=True)

    kafka: str
    """`host:port`, several separated by commas."""
    redis: str
    """`redis://host:port/db`"""
    postgres: str
    """SQLAlchemy DSN of this service's own database, driver asyncpg."""
    http_host: str = "127.0.0.1"
    http_port: int = 0
    """0 takes a free port."""
    issuer: str = "http://127.0.0.1:8001"
    """Who signs tokens; its keys are at `{issuer}/.well-known/jwks.json`."""
    accounts_url: str = ""
    """Where browsers find membership, which signs people in and out; empty: at the issuer's address."""
    public_url: str = ""
    """Where browsers find this service, such as `https://match.example.org`; empty: wherever they asked."""
    pages: dict[str, str] = {}
    """The navigation of every page: label to address, in order, as a JSON object."""
    log_level: str = "info"
    instance: str = ""
    """Names this copy of the service in logs, e.g. `exchange-1`."""
    kafka_user: str | None = None
    """With a password: SASL/SCRAM-SHA-512."""
    kafka_password: str | None = None

    @property
    def accounts(self) -> str:
        """Where browsers are sent to sign in and out, without a slash at the end."""
        return (self.accounts_url or self.issuer).rstrip("/")
