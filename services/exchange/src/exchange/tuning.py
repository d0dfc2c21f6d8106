"""How a process of the exchange, or a builder, uses Python's collector and the C library's memory."""

import ctypes
import gc
from contextlib import suppress
from typing import Final

# A batch of 20,000 records is some 200,000 small containers that all die young and hold no cycles. Python's defaults
# would look for cycles among them, and among everything that stays, hundreds of times a batch.
_GC_THRESHOLDS: Final = (1_000_000, 20, 100)
# A fetch is up to 24 MB, copied some times within the client. By default each copy comes from the kernel and goes back
# to it, and every page of it is cleared and mapped anew: a quarter of what the event loop costs. These are malloc.h's
# numbers of two options.
_MMAP_THRESHOLD, _TRIM_THRESHOLD = -3, -1
_MALLOC: Final = {_MMAP_THRESHOLD: 32 * 1024 * 1024, _TRIM_THRESHOLD: 128 * 1024 * 1024}


def tune() -> None:
    """Call it first in a process. Another C library than glibc is left as it is."""
    gc.set_threshold(*_GC_THRESHOLDS)
    with suppress(OSError, AttributeError):
        mallopt = ctypes.CDLL(None).mallopt
        for option, value in _MALLOC.items():
            mallopt(option, value)
