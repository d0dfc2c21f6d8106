"""`python -m exchange`: one process of the exchange."""

import gc

from chassis.run import serve

from exchange.app import build
from exchange.settings import Settings

# A batch of 20,000 records is some 200,000 small containers that all die young and hold no cycles. Python's defaults
# would look for cycles among them, and among everything that stays, hundreds of times a batch.
GC_THRESHOLDS = (1_000_000, 20, 100)

if __name__ == "__main__":
    gc.set_threshold(*GC_THRESHOLDS)
    settings = Settings()
    serve(build(settings), settings)
