"""What a service process is told by its environment, prefix `DRIVELINE_`."""

import sys
from typing import Self

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

_PREFIX = "DRIVELINE_"


class Environment(BaseSettings):
    """A field `log_level` is told by the variable `DRIVELINE_LOG_LEVEL`."""

    model_config = SettingsConfigDict(env_prefix=_PREFIX, extra="ignore", frozen=True)

    @classmethod
    def told(cls) -> Self:
        """What this process was told. Where that is of no use, a line on stderr names each such variable, and the process
        ends with 1; values are not repeated, because some hold passwords."""
        try:
            return cls()
        except ValidationError as refused:
            lines = [_line(".".join(map(str, error["loc"])), error["msg"]) for error in refused.errors()]
        except SettingsError as refused:  # of a field that is JSON
            lines = [f"{_PREFIX}*: {refused}"]
        sys.exit("\n".join(lines))


def _line(field: str, problem: str) -> str:
    return f"{_PREFIX}{field.upper()}: {problem.removeprefix('Value error, ')}"


class DatabaseSettings(Environment):
    """All that a migration or an import needs."""

    postgres: str = Field(min_length=1)
    """SQLAlchemy DSN of this service's own database, driver asyncpg."""


class ServiceSettings(DatabaseSettings):
    """Addresses of the parts a service talks to; the service's own name is given by its composition root."""

    kafka: str
    """`host:port`, several separated by commas."""
    redis: str
    """`redis://host:port/db`"""
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
