"""`python -m membership`: the HTTP API, the relay of the outbox, and the consumers of applications and dead letters."""

from chassis.run import serve

from membership.app import build
from membership.settings import Settings


def main() -> None:
    """Serve until stopped."""
    settings = Settings.told()
    serve(build(settings), settings)


if __name__ == "__main__":
    main()
