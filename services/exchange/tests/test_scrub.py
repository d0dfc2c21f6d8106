"""A look of the scrubber finds whatever is wrong in a cell or a contribution, and nothing else."""

from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
import pytest
from exchange.domain.addresses import BLOCK
from exchange.domain.layout import VERSION
from exchange.domain.ledger import name_of
from exchange.domain.members import MemberState
from exchange.domain.policy import POLICIES
from exchange.domain.shard import Batch, Days, Shard, Submitted
from exchange_market import places

PAY = "pay.submitted"
DAY = date(2026, 6, 30)


def fold(shard: Shard, revision: int, shops: int = 40) -> None:
    """Each shop says what it pays: another amount with each revision, and every third moves its entry to another ZIP."""
    ledger, batch = shard.ledgers["pay"], Batch()
    rows, targets = np.zeros(shops, VERSION), []
    for n in range(shops):
        number = shard.intern_member(f"shop-{n}")
        batch.members.append(MemberState(f"shop-{n}", 1, b"", "business", n != 7, DAY - timedelta(days=300)))
        targets.append(ledger.intern(number, name_of(f"shop-{n}", "s")))
        rows[n]["revision"], rows[n]["offset"], rows[n]["effective"] = revision, n, DAY.toordinal() - 100 - n
        rows[n]["value"], rows[n]["subject"], rows[n]["plan"] = 2000 + 7 * n + revision, n % 5, n % 3
        rows[n]["zip"] = 17350 if (n + revision) % 3 else 43004
    batch.submitted["pay"] = Submitted(np.array(targets, np.int64), rows, PAY)
    shard.fold(shard.seal(batch))


def a_shard() -> Shard:
    shard = Shard(3, POLICIES, places().chains)
    fold(shard, 1)
    shard.move_days("pay", Days(DAY - timedelta(days=90), DAY - timedelta(days=800)))
    fold(shard, 2)
    return shard


def wrong_cells(shard: Shard) -> list[int]:
    """A whole round over the cells: the keys of those found wrong, one of each slice at most."""
    found, at, ledger = [], 0, shard.ledgers["pay"]
    while at < len(ledger.book.blocks):
        at, key = ledger.scrub(at, shard.members.records)
        if key >= 0:
            found.append(key)
    return found


def test_what_is_right_is_found_right() -> None:
    """Corrections, an entry that moved, one that does not stand; before and after a count."""
    shard = a_shard()
    assert wrong_cells(shard) == []
    assert len(shard.ledgers["pay"].book.census().keys) > 100
    assert wrong_cells(shard) == []
    fold(shard, 3)
    assert wrong_cells(shard) == []


def a_block(shard: Shard, counted: bool) -> tuple[int, int]:
    """A block with many entries, and the key of its first cell."""
    book = shard.ledgers["pay"].book
    census = book.census()
    if not counted:
        fold(shard, 3)
    of_roles = np.flatnonzero((census.keys & 0x3FFF == 0) & (census.keys >> 14 & 63 > 0))
    key = census.keys[of_roles[np.argsort(census.entries[of_roles], kind="stable")[-1]]]
    return int(key), int(book.addresses(np.array([key]))[0]) // BLOCK


def flip_cents(shard: Shard, block: int) -> None:
    book = shard.ledgers["pay"].book
    book.pool[book.logs[block]["start"]] ^= 1 << 25


def other_experience(shard: Shard, block: int) -> None:
    book = shard.ledgers["pay"].book
    book.pool[book.logs[block]["start"]] ^= 1 << 10


def other_contributor(shard: Shard, block: int) -> None:
    book = shard.ledgers["pay"].book
    book.pool[book.logs[block]["start"] + 1] ^= 1 << 34


def lose_a_record(shard: Shard, block: int) -> None:
    shard.ledgers["pay"].book.logs[block]["length"] -= 1


def count_a_removal(shard: Shard, block: int) -> None:
    shard.ledgers["pay"].book.logs[block]["removed"] += 1


def count_a_contributor(shard: Shard, block: int) -> None:
    shard.ledgers["pay"].book.counts[block * BLOCK]["contributors"] += 1


def lie_elsewhere(shard: Shard, block: int) -> None:
    shard.ledgers["pay"].book.logs[block]["start"] = 2**31 - 1


@pytest.mark.parametrize(
    ("harm", "counted"),
    [
        *((harm, counted) for harm in (
            flip_cents, other_experience, other_contributor, lose_a_record, count_a_removal, lie_elsewhere
        ) for counted in (True, False)),
        (count_a_contributor, True),
    ],
)  # fmt: skip
def test_a_block_that_is_wrong_is_named_by_its_first_cell(harm: Callable[[Shard, int], None], counted: bool) -> None:
    shard = a_shard()
    key, block = a_block(shard, counted)
    assert wrong_cells(shard) == []
    harm(shard, block)
    assert wrong_cells(shard) == [key]


def test_a_count_that_is_wrong_is_named_by_its_cell() -> None:
    shard = a_shard()
    book = shard.ledgers["pay"].book
    key = int(book.census().keys[17])
    book.counts[book.addresses(np.array([key]))[0]]["largest"] += 1
    assert wrong_cells(shard) == [key]


@pytest.mark.parametrize(("field", "value"), [("value", 1), ("zip", 601), ("effective", 1), ("subject", 9)])
def test_a_standing_version_that_changed_is_found(field: str, value: int) -> None:
    shard = a_shard()
    ledger = shard.ledgers["pay"]
    ledger.versions[ledger.submissions["standing"][11]][field] = value
    assert len(wrong_cells(shard)) >= 1


def test_a_member_that_changed_is_found() -> None:
    shard = a_shard()
    shard.members.records["active"][11] = 0
    assert len(wrong_cells(shard)) >= 1
