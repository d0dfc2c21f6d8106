"""`python -m matching`: one process of matching."""

from chassis.run import serve

from matching.app import build
from matching.settings import Settings

if __name__ == "__main__":
    settings = Settings.told()
    serve(build(settings), settings)
