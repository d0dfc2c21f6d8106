"""`python -m notifications`: one process of notifications."""

from chassis.run import serve
from chassis.settings import ServiceSettings

from notifications.app import build

if __name__ == "__main__":
    settings = ServiceSettings()
    serve(build(settings), settings)
