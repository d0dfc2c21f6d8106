"""`python -m exchange`: one process of the exchange."""

from chassis.run import serve

from exchange.app import build
from exchange.settings import Settings
from exchange.tuning import tune

if __name__ == "__main__":
    tune()
    settings = Settings.told()
    serve(build(settings), settings)
