"""`python -m exchange.warm`: compile the kernels once, at install, so that no service waits for it.

Numba keeps what it compiled beside the sources; a later process only loads it.
"""

from datetime import date
from itertools import pairwise

import numpy as np
from aiokafka import TopicPartition
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from chassis.fetched import Fetched
from chassis.wire import fetched

from exchange.adapters.hash_sum import HashSum
from exchange.adapters.shard_codec import pack_submissions, restore_submissions, values_of
from exchange.adapters.shard_store import Held
from exchange.domain.disclosure import figures, numbers
from exchange.domain.lattice import Geography, Place
from exchange.domain.layout import MARK, NONE, VERSION
from exchange.domain.ledger import TakenBack, name_of
from exchange.domain.members import MemberState
from exchange.domain.offering import LEAST_AMOUNT
from exchange.domain.policy import POLICIES
from exchange.domain.shard import Batch, Days, Shard, Submitted, Withdrawn
from exchange.entrypoints.collector.envelopes import Envelopes
from exchange.entrypoints.collector.pay_rows import read_pay

_TYPE = "driveline.pay.submitted.v1"
_BODY = (
    b'{"submission_id":"s%d","revision":1,"member_id":"m","role":"tech_a","experience":"y5_9",'
    b'"shop_type":"independent_repair","size":"3_5","zip":"17350","plan":"hourly","rate":"%d.00",'
    b'"rate_unit":"clock_hour","hours_clocked":"40","effective_on":"2026-06-30"}'
)


def _fetched(bodies: list[bytes]) -> Fetched:
    headers = [("content-type", b"application/json"), ("ce_specversion", b"1.0"), ("ce_id", b"e"), ("ce_source", b"s")]
    headers += [("ce_type", _TYPE.encode()), ("ce_time", b"2026-11-23T08:00:00Z")]
    batch = DefaultRecordBatchBuilder(2, 0, 0, -1, -1, -1, 1 << 20)
    for offset, body in enumerate(bodies):
        batch.append(offset, 0, b"m", body, headers)
    return fetched(TopicPartition("pay.submitted", 0), bytes(batch.build()), 0)


def warm() -> None:
    """Fold, cut, read and judge a shard of a few entries: every kernel runs with the types that it runs with."""
    geography = Geography([Place("17350", "PA", "Middle Atlantic", "23900")])
    shard = Shard(0, POLICIES, geography.chains)
    found = Envelopes(_TYPE)(_fetched([_BODY % (n, 20 + n % 30) for n in range(60)]))
    assert found is not None  # noqa: S101
    read = read_pay(found, geography.chains)
    shard.intern_member("m")
    ledger = shard.ledgers["pay"]
    targets, _ = ledger.intern_spans(read.data, read.spans, shard.members.names)
    batch = Batch([MemberState("m", 1, b"", "business", True, date(2026, 1, 1))])
    batch.submitted["pay"] = Submitted(targets, read.rows)
    batch.withdrawn["pay"] = Withdrawn(targets[:1].copy(), [TakenBack(2, 0, 0)])
    folded = shard.fold(shard.seal(batch))
    pack_submissions(ledger, folded.submissions["pay"], HashSum())
    values, ends = values_of(ledger, targets)
    stored = Held(list(ledger.names), [values[begin:end].tobytes() for begin, end in pairwise([0, *ends])])
    restore_submissions(Shard(0, POLICIES, geography.chains), "pay", stored, Batch(), ("", ""), HashSum())
    shard.move_days("pay", Days(date(2026, 8, 25), date(2024, 8, 25)))
    shard.begin_release(1, {"pay": np.zeros(0, MARK)})
    census = ledger.book.cut(1)
    ledger.changed_since(ledger.marks[0], census.keys, shard.members)
    ledger.book.count_same(census.keys[:1], census.keys[1:2])
    ledger.book.count_beyond(census.keys[:1], np.array([1]), census.keys[1:2])
    contents = ledger.book.contents(census.keys)
    # Five copies of the shard stand for five contributors.
    list(figures([contents] * 5, POLICIES["pay-2026"]))
    ledger.book.release_cut()
    ledger.scrub(0, shard.members.records)
    _warm_benefits(shard)


def _warm_benefits(shard: Shard) -> None:
    """The same kernels have read narrow records; these are only for wide ones."""
    ledger = shard.ledgers["benefits"]
    rows = np.zeros(1, VERSION)
    rows["revision"], rows["effective"], rows["zip"] = 1, date(2026, 6, 30).toordinal(), 17350
    rows["value"], rows["next"] = LEAST_AMOUNT, NONE
    batch = Batch(submitted={"benefits": Submitted(np.array([ledger.intern(0, name_of("m", "b"))]), rows)})
    shard.fold(shard.seal(batch))
    shard.move_days("benefits", Days(date(2026, 8, 25), date(2024, 8, 25)))
    keys = ledger.book.cut(1).keys
    numbers([ledger.book.offers(keys)] * 5, keys, POLICIES["benefits-2026"])
    ledger.book.release_cut()


if __name__ == "__main__":
    warm()
