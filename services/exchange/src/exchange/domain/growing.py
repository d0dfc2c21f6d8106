"""Arrays that grow where they lie: no copy, and no memory touched before something is written there."""

import mmap
import sys
from contextlib import suppress
from typing import Any, Final

import numpy as np

from exchange.domain.addresses import Array

_HUGE: Final = 1 << 21  # below this, huge pages would waste more than they save
# Addresses set aside for one array, which cost nothing: one that outgrows them is copied once, into four times as many.
_RESERVED: Final = 1 << 30
# Linux counts what is set aside as promised otherwise, and refuses to fork a process that was promised too much.
_NO_RESERVE: Final = 0x4000 if sys.platform == "linux" else 0


class Growing:
    """Records of one type in pages of their own, zero until written. `array` is a view: take it anew after `grow`.

    What lies here is reached in no order, and of small pages, finding them takes longer than reading. So the operating
    system is asked for huge ones, and the array never moves: pages that are moved become small again (0518).
    """

    def __init__(self, size: int, dtype: Any) -> None:
        self._dtype = np.dtype(dtype)
        self._reserve(size * self._dtype.itemsize)
        self.array = self._view(size)

    def grow(self, size: int) -> None:
        """Make room for at least `size` records, and half as many as there are now; nothing happens if there is room."""
        held = self.array
        if size <= len(held):
            return
        size = max(size, len(held) + len(held) // 2)
        if size * self._dtype.itemsize > self._room:
            self._reserve(4 * size * self._dtype.itemsize)
            self.array = self._view(size)
            self.array[: len(held)] = held
        else:
            self.array = self._view(size)

    def _reserve(self, size: int) -> None:
        """Take addresses for at least `size` bytes, from the beginning of a huge page on."""
        try:
            pages = _pages(max(size, _RESERVED) + _HUGE)
        except (OSError, OverflowError):  # a system that promises no more memory than it has
            pages = _pages(size + _HUGE)
        self._pages = pages
        self._start = -np.frombuffer(pages, np.uint8, 1).ctypes.data % _HUGE
        self._room = len(pages) - self._start

    def _view(self, size: int) -> Array:
        """The first `size` records, and those that their last page has room for."""
        used = min(-(-size * self._dtype.itemsize // mmap.PAGESIZE) * mmap.PAGESIZE, self._room)
        if used >= _HUGE and hasattr(mmap, "MADV_HUGEPAGE"):
            with suppress(OSError):  # a kernel without them
                self._pages.madvise(mmap.MADV_HUGEPAGE, self._start, min(-(-used // _HUGE) * _HUGE, self._room))
        return np.frombuffer(self._pages, self._dtype, used // self._dtype.itemsize, self._start)


def _pages(size: int) -> mmap.mmap:
    return mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | _NO_RESERVE)
