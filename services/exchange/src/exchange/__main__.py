"""`python -m exchange`: one process of the exchange."""

from chassis.run import serve
from chassis.settings import ServiceSettings

from exchange.app import build
from exchange.tuning import tune

if __name__ == "__main__":
    tune()
    settings = ServiceSettings()
    serve(build(settings), settings)
