"""`python -m matching`: one process of matching."""

from chassis.run import serve
from chassis.settings import ServiceSettings

from matching.app import build

if __name__ == "__main__":
    settings = ServiceSettings()
    serve(build(settings), settings)
