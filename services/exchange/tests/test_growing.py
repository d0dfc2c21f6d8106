"""Arrays that grow keep what was written, are zero beyond it, and leave a view that somebody holds as it was."""

import numpy as np
import pytest
from exchange.domain import growing as module
from exchange.domain.growing import Growing

PAIR = np.dtype([("a", "i8"), ("b", "i4")])  # 12 bytes: a page does not hold a whole number of them


def test_what_was_written_stays_and_the_rest_is_zero() -> None:
    growing = Growing(10, PAIR)
    assert len(growing.array) >= 10
    growing.array[:10] = [(n, -n) for n in range(10)]
    for size in (11, 5_000, 400_000, 3_000_000):
        growing.grow(size)
        assert len(growing.array) >= size
        assert growing.array["a"][:10].tolist() == list(range(10))
        assert growing.array["b"][:10].tolist() == [-n for n in range(10)]
        assert not growing.array["a"][10:].any()


def test_it_grows_by_half_at_least_and_only_when_it_must() -> None:
    growing = Growing(1_000_000, np.int64)
    before = growing.array
    growing.grow(1_000_000)
    assert growing.array is before
    held = len(before)
    del before
    growing.grow(held + 1)
    assert len(growing.array) >= held * 3 // 2


def test_a_view_that_is_held_stays_good_and_nothing_moves() -> None:
    growing = Growing(100, np.int64)
    growing.array[:3] = [1, 2, 3]
    held = growing.array
    growing.grow(1_000_000)
    growing.array[1] = 9
    assert held[:3].tolist() == [1, 9, 3]
    assert held.ctypes.data == growing.array.ctypes.data


def test_what_outgrows_its_addresses_moves_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_RESERVED", 1 << 16)
    growing = Growing(100, np.int64)
    growing.array[:3] = [1, 2, 3]
    held = growing.array
    growing.grow(1_000_000)
    assert growing.array[:4].tolist() == [1, 2, 3, 0]
    assert held[:3].tolist() == [1, 2, 3]
    there = growing.array.ctypes.data
    growing.grow(3_900_000)
    assert growing.array.ctypes.data == there
    assert not growing.array[100:].any()


def test_a_system_that_promises_no_more_than_it_has_gives_what_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_RESERVED", 1 << 62)
    growing = Growing(100, np.int64)
    growing.array[:3] = [1, 2, 3]
    growing.grow(1_000_000)
    assert growing.array[:4].tolist() == [1, 2, 3, 0]
    assert len(growing.array) >= 1_000_000


def test_it_begins_with_a_huge_page() -> None:
    growing = Growing(10, np.int64)
    assert growing.array.ctypes.data % (1 << 21) == 0
