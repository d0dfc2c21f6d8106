"""Arrays that grow keep what was written, are zero beyond it, and leave a view that somebody holds as it was."""

import numpy as np
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


def test_a_view_that_is_held_stays_good() -> None:
    growing = Growing(100, np.int64)
    growing.array[:3] = [1, 2, 3]
    held = growing.array
    growing.grow(1_000_000)
    held[0] = 9
    assert growing.array[:3].tolist() == [1, 2, 3]
    assert held[:3].tolist() == [9, 2, 3]
