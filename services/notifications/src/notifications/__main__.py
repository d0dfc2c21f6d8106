"""`python -m notifications`: one process of notifications."""

from chassis.run import serve

from notifications.app import build
from notifications.settings import Settings

if __name__ == "__main__":
    settings = Settings.told()
    serve(build(settings), settings)
