"""`python -m matching.migrate`: bring matching's database to the newest shape."""

from pathlib import Path

from chassis.migrations import upgrade
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).parents[2]


class DatabaseSettings(BaseSettings):
    """Only what a migration needs."""

    model_config = SettingsConfigDict(env_prefix="DRIVELINE_", extra="ignore")

    postgres: str


def main() -> None:
    """Upgrade the database that the environment names; nothing happens when it is up to date."""
    upgrade(ROOT, DatabaseSettings().postgres)


if __name__ == "__main__":
    main()
