"""Arrays that grow where they lie: no copy, and no memory touched before something is written there."""

import mmap
from contextlib import suppress
from typing import Any, Final

import numpy as np

from exchange.domain.addresses import Array

_HUGE: Final = 1 << 21  # below this, huge pages would waste more than they save


class Growing:
    """Records of one type in pages of their own, zero until written. `array` is a view: take it anew after `grow`.

    The operating system moves the pages of a larger array instead of copying them, and gives it huge ones, since what
    lies here is reached in no order: of small pages, finding them alone takes longer than reading.
    """

    def __init__(self, size: int, dtype: Any) -> None:
        self._dtype = np.dtype(dtype)
        self._pages = _pages(size * self._dtype.itemsize)
        self.array = self._view()

    def grow(self, size: int) -> None:
        """Make room for at least `size` records, and half as many as there are now; nothing happens if there is room."""
        held = len(self.array)
        if size <= held:
            return
        size = max(size, held + held // 2)
        del self.array
        try:
            self._pages.resize(_whole(size * self._dtype.itemsize))
            _advise(self._pages)
        except (BufferError, SystemError):  # somebody holds a view, or this system cannot
            old = self._view()
            self._pages = _pages(size * self._dtype.itemsize)
            self._view()[: len(old)] = old
        self.array = self._view()

    def _view(self) -> Array:
        return np.frombuffer(self._pages, self._dtype, len(self._pages) // self._dtype.itemsize)


def _whole(size: int) -> int:
    return max(1, -(-size // mmap.PAGESIZE)) * mmap.PAGESIZE


def _pages(size: int) -> mmap.mmap:
    pages = mmap.mmap(-1, _whole(size), flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    _advise(pages)
    return pages


def _advise(pages: mmap.mmap) -> None:
    if hasattr(mmap, "MADV_HUGEPAGE") and len(pages) >= _HUGE:
        with suppress(OSError):  # a kernel without them
            pages.madvise(mmap.MADV_HUGEPAGE)
