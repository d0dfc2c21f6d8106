"""A policy that guards old versions: which new ones wait beside them, by hand; `tests/disclosure` holds it to a plain one."""

import numpy as np
import pytest
from exchange.domain.beside_old import Beside
from exchange.domain.cell_book import Census
from exchange.domain.change import Memory, decide
from exchange.domain.lattice import SHOP_SHIFT, SUBJECT_SHIFT, Geography
from exchange.domain.policy import POLICIES

PAY = POLICIES["pay-2026"]
K = PAY.fewest
ALL, ROLE, SHOP = 0, 1 << SUBJECT_SHIFT, 1 << SUBJECT_SHIFT | 1 << SHOP_SHIFT  # of the nation, each wider than the next
KEYS = np.array([ALL, ROLE, SHOP])


def waiting(
    changed: dict[int, int],
    standing: dict[int, int],
    withdrawn: tuple[int, ...] = (),
    left: tuple[int, ...] = (ALL, ROLE, SHOP),
) -> set[int]:
    """Those that wait of the cells that are left; `changed` by remembered cell, contributors with one entry each in `standing`."""
    memory = remembered(sorted(changed), withdrawn)
    counts = np.array([standing[key] for key in KEYS.tolist()])
    since = np.array([changed[key] for key in memory.keys.tolist()], np.int64)
    beside = Beside.of(memory, np.array(left), since, Census(KEYS, counts, counts, counts), K, Geography([]).parents)
    same = np.array([standing[key] for key in beside.keys[beside.pairs.fine].tolist()], np.int64)
    return set(beside.waiting(same, K).tolist())


def remembered(keys: list[int], withdrawn: tuple[int, ...] = ()) -> Memory:
    n = len(keys)
    shown = np.array([key not in withdrawn for key in keys], np.bool_)
    return Memory(
        np.array(keys, np.int64), np.ones(n, np.int32), np.zeros(n, np.int16), np.zeros(n, np.int8), shown, ("pay-2026",)
    )  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "standing", "held"),
    [
        ({ALL: 0}, {ALL: 10, ROLE: 5, SHOP: 5}, set()),
        ({ALL: 1}, {ALL: 10, ROLE: 5, SHOP: 5}, {ROLE, SHOP}),  # five, of whom one may be hidden
        ({ALL: 1}, {ALL: 11, ROLE: 5, SHOP: 5}, set()),
        ({ALL: 4}, {ALL: 13, ROLE: 5, SHOP: 5}, {ROLE, SHOP}),
        ({ALL: 1}, {ALL: 5, ROLE: 5, SHOP: 5}, {ROLE, SHOP}),  # none, and one more
        ({ALL: 5}, {ALL: 10, ROLE: 5, SHOP: 5}, set()),  # a new version takes its place
        ({SHOP: 1}, {ALL: 10, ROLE: 10, SHOP: 5}, {ALL, ROLE}),  # the older one may be the finer
    ],
)
def test_a_first_version_waits_while_an_older_one_may_differ_from_it_by_few(
    changed: dict[int, int], standing: dict[int, int], held: set[int]
) -> None:
    assert waiting(changed, standing) == held


def test_what_waits_keeps_an_older_version_that_lets_others_wait() -> None:
    # ROLE waits for ALL. SHOP is far from ALL, but not sure to be far from the version that ROLE keeps.
    standing = {ALL: 15, ROLE: 10, SHOP: 5}
    assert waiting({ALL: 1, ROLE: 5}, standing) == {ROLE, SHOP}
    assert waiting({ALL: 0, ROLE: 5}, standing) == set()


def test_what_was_withdrawn_is_remembered_unless_k_changed_since() -> None:
    standing = {ALL: 10, ROLE: 5, SHOP: 5}
    assert waiting({ALL: 4, SHOP: 0}, standing, withdrawn=(ALL, SHOP), left=(ROLE, SHOP)) == {ROLE, SHOP}
    assert waiting({ALL: 9, SHOP: 0}, standing, withdrawn=(ALL, SHOP), left=(ROLE, SHOP)) == set()


def test_what_waits_stays_and_what_is_withdrawn_or_was_never_shown_remains_so() -> None:
    decided = decide(remembered([ALL, ROLE], (ROLE,)), KEYS, np.array([7, 0]), PAY, 2, waiting=KEYS)
    assert (decided.new.tolist(), decided.back.tolist(), decided.withdrawn.tolist()) == ([], [], [])
    assert (decided.memory.keys.tolist(), decided.memory.stayed.tolist()) == ([ALL, ROLE], [1, 0])
