"""`python -m exchange.warm`: compile the kernels once, at install, so that no service waits for it.

Numba keeps what it compiled beside the sources; a later process only loads it.
"""

from datetime import date

import numpy as np

from exchange.domain.disclosure import figures
from exchange.domain.lattice import Geography, Place
from exchange.domain.policy import POLICIES
from exchange.domain.shard import Batch, MemberState, Shard, Submitted, Withdrawn
from exchange.entrypoints.collector.headers import PlainHeaders
from exchange.entrypoints.collector.pay_rows import read_pay

_BODY = (
    b'{"submission_id":"s%d","revision":1,"member_id":"m","role":"tech_a","experience":"y5_9",'
    b'"shop_type":"independent_repair","size":"3_5","zip":"17350","plan":"hourly","rate":"%d.00",'
    b'"rate_unit":"clock_hour","hours_clocked":"40","effective_on":"2026-06-30"}'
)


def warm() -> None:
    """Fold, cut, read and judge a shard of a few entries: every kernel runs with the types that it runs with."""
    PlainHeaders("driveline.pay.submitted.v1")([[("content-type", b"application/json")]])
    geography = Geography([Place("17350", "PA", "Middle Atlantic", "23900")])
    shard = Shard(0, POLICIES, geography.chains)
    bodies: list[bytes | None] = [_BODY % (n, 20 + n % 30) for n in range(60)]
    read = read_pay(bodies, range(len(bodies)), geography.chains)
    member = shard.intern_member("m")
    ledger = shard.ledgers["pay"]
    targets = np.array([ledger.intern(member, name) for name in read.names], np.int64)
    batch = Batch([MemberState("m", 1, b"", "business", True, date(2026, 1, 1))])
    batch.submitted["pay"] = Submitted(targets, read.rows)
    batch.withdrawn["pay"] = Withdrawn(targets[:1].copy(), np.array([2], np.int64))
    shard.fold(shard.seal(batch))
    shard.move_cutoff("pay", date(2026, 8, 25))
    census = ledger.book.cut()
    contents = ledger.book.contents(census.keys)
    # Five copies of the shard stand for five contributors.
    figures([contents] * 5, 0, POLICIES["pay"])
    ledger.book.release_cut()


if __name__ == "__main__":
    warm()
