"""`python -m notifications.migrate`: bring notifications's database to the newest shape."""

from pathlib import Path

from chassis.migrations import upgrade
from chassis.settings import DatabaseSettings

ROOT = Path(__file__).parents[2]


def main() -> None:
    """Upgrade the database that the environment names; nothing happens when it is up to date."""
    upgrade(ROOT, DatabaseSettings.told().postgres)


if __name__ == "__main__":
    main()
