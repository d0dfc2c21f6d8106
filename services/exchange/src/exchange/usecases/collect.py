"""Collect: fold one micro-batch into its shard and make it durable, whole or not at all."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from exchange.adapters.hash_sum import HashSum
from exchange.adapters.resp import Fields
from exchange.adapters.shard_codec import pack_members, pack_submissions
from exchange.adapters.shard_store import HASHES, Commit, ShardStore, Watermark
from exchange.domain.addresses import Array
from exchange.domain.ledger import Ledger
from exchange.domain.shard import Batch, Days, Folded, Shard

# (measure, offset) -> the rank of the body of the record there
RankOf = Callable[[str, int, int], Awaitable[int]]
_NOBODY = np.zeros(0, np.int64)


@dataclass(slots=True)
class Owned:
    """A shard that this process owns, and how far it has come. Offsets are of the next record to take, by topic."""

    shard: Shard
    committed: dict[str, int]
    prepared: dict[str, int]
    last: dict[str, str] = field(default_factory=dict)  # topic -> identity of the last record applied
    stored: dict[str, str] = field(default_factory=dict)  # meta fields as the store holds them
    sums: dict[str, HashSum] = field(default_factory=lambda: {what: HashSum() for what in HASHES})
    """Of each hash, what it holds when all that was begun is durable."""
    outdated: Folded | None = None
    """Of whom the store holds something else than memory, right after a load: what no release needs any more, or what
    a release that was never made would have left out (0544)."""
    begun: int = 0  # changes that were begun in memory,
    durable: int = 0  # and how many of them, from the first on, the store holds

    @property
    def clean(self) -> bool:
        """Whether memory holds what the store holds: not from the start of a fold until its commit, nor ever after a fault."""
        return self.begun == self.durable


class _Changed(NamedTuple):
    """What a change writes: members, flat; submissions by measure; what the hashes it touches hold by then."""

    members: list[bytes]
    submissions: dict[str, Fields]
    sums: dict[str, int]


class OutOfOrder(Exception):
    """A commit came after one that failed: it would make durable what builds on something that was not written."""


async def collect(
    owned: Owned, batch: Batch, reached: Mapping[str, int], last: Mapping[str, str], store: ShardStore, rank_of: RankOf
) -> Folded:
    """`fold`, and wait until it is durable."""
    folded, durable = await fold(owned, batch, reached, last, store, rank_of)
    await asyncio.wrap_future(durable)
    return folded


async def fold(
    owned: Owned, batch: Batch, reached: Mapping[str, int], last: Mapping[str, str], store: ShardStore, rank_of: RankOf
) -> tuple[Folded, "Future[None]"]:
    """Fold a batch, whose records end before `reached`; it is committed with its watermarks in one transaction.

    The next batch may be folded before that is done (0519). The future raises Conflict when the store has moved on or
    back without us: nothing is written, neither by this commit nor by any later one of this `owned`, and the shard in
    memory must be dropped and loaded again, because it is ahead of the store.
    """
    shard = owned.shard
    owned.begun += 1
    number = owned.begun

    def commit_soon(folded: Folded) -> "Future[None]":
        changed = _changed(owned, folded)  # spelled now: soon the shard will hold the next batch too
        return store.in_order(lambda: _commit_now(owned, number, reached, last, changed, store))

    def fold_now() -> "tuple[Folded, Future[None] | None]":
        folded = shard.fold(batch)
        return folded, None if folded.ties else commit_soon(folded)

    # One hop for all of it: the event loop is busy with the next batch, and each hop would wait for that.
    folded, durable = await asyncio.to_thread(fold_now)
    for measure, ties in folded.ties.items():
        submitted = batch.submitted[measure]
        for tie in ties:
            row = submitted.rows[tie.row].copy()
            row["rank"] = await rank_of(measure, shard.partition, int(row["offset"]))
            ranks = {offset: await rank_of(measure, shard.partition, offset) for offset in tie.offsets}
            shard.fold_tie(measure, tie.target, row, ranks)
    if durable is None:
        durable = await asyncio.to_thread(commit_soon, folded)
    return folded, durable


def _commit_now(
    owned: Owned, number: int, reached: Mapping[str, int], last: Mapping[str, str], changed: _Changed, store: ShardStore
) -> None:
    if owned.durable != number - 1:
        raise OutOfOrder(
            f"change {number} of partition {owned.shard.partition}: the store holds {owned.durable} of them"
        )
    watermarks = [_same_store(owned)]
    watermarks += [
        Watermark(f"next:{topic}", owned.stored.get(f"next:{topic}", ""), str(offset))
        for topic, offset in sorted(reached.items())
    ]
    watermarks += [Watermark(f"last:{topic}", None, identity) for topic, identity in sorted(last.items())]
    watermarks += _sums(owned, changed)
    commit = Commit(watermarks, changed.members, changed.submissions)
    owned.stored.update(store.commit_now(owned.shard.partition, commit))
    owned.committed.update(reached)
    owned.last.update(last)
    owned.durable = number


def _same_store(owned: Owned) -> Watermark:
    """A field that every shard has from its first moment: a topic's first watermark is absent in an empty store too."""
    partitions = owned.stored.get("partitions", "")
    return Watermark("partitions", partitions, partitions)


def _sums(owned: Owned, changed: _Changed) -> list[Watermark]:
    return [
        Watermark(f"sum:{what}", owned.stored.get(f"sum:{what}", ""), str(total))
        for what, total in sorted(changed.sums.items())
    ]


def _changed(owned: Owned, folded: Folded) -> _Changed:
    shard, sums = owned.shard, {}
    members = pack_members(shard, folded.members)
    if members:
        sums["members"] = owned.sums["members"].note_all(folded.members, members[1::2])
    submissions = {}
    for measure, targets in folded.submissions.items():
        submissions[measure] = pack_submissions(shard.ledgers[measure], targets, owned.sums[measure])
        sums[measure] = owned.sums[measure].total
    return _Changed(members, submissions, sums)


async def move_days(
    owned: Owned, days: Mapping[str, Days], release: int, referred: Mapping[str, Array], store: ShardStore
) -> None:
    """Advance the shard to the days of release number `release` (0: of a sweep) and write down what that changed.

    `referred` are by measure the MARKs of the releases that cells are shown as of.
    """
    shard = owned.shard
    owned.begun += 1

    def move() -> Folded:
        moved = {m: shard.move_days(m, to) for m, to in days.items() if not _stands_at(shard.ledgers[m], to)}
        if not release:
            return Folded([], moved, {})
        begun = shard.begin_release(release, referred)
        both = {m: np.union1d(targets, moved.get(m, _NOBODY)) for m, targets in begun.submissions.items()}
        return Folded(begun.members, both, {})

    folded = await asyncio.to_thread(move)
    watermarks = [_same_store(owned)]
    for measure, to in sorted(days.items()):
        for name, day in ((f"cutoff:{measure}", to.cutoff), (f"window:{measure}", to.window)):
            if owned.stored.get(name) != day.isoformat():
                watermarks.append(Watermark(name, owned.stored.get(name, ""), day.isoformat()))
    if len(watermarks) > 1 or _holds_any(folded):
        await _write(owned, folded, watermarks, store)
    owned.durable += 1


async def bring_up_to_date(owned: Owned, store: ShardStore) -> None:
    """Let the store hold what memory does of a loaded shard. Raises Conflict when it is another one by now.

    What a release made needless is dropped by the next release, and by a load before that: the scrubber would take the rest for damage.
    """
    if owned.outdated is not None and _holds_any(owned.outdated):
        owned.begun += 1
        await _write(owned, owned.outdated, [_same_store(owned)], store)
        owned.durable += 1
    owned.outdated = None


async def _write(owned: Owned, folded: Folded, watermarks: list[Watermark], store: ShardStore) -> None:
    """Make durable what memory holds of these now, and these watermarks."""
    changed = await asyncio.to_thread(_changed, owned, folded)
    commit = Commit([*watermarks, *_sums(owned, changed)], changed.members, changed.submissions)
    owned.stored.update(await store.commit(owned.shard.partition, commit))


def _holds_any(folded: Folded) -> bool:
    return bool(folded.members) or any(len(targets) for targets in folded.submissions.values())


def _stands_at(ledger: Ledger, days: Days) -> bool:
    return (ledger.cutoff, ledger.window) == (days.cutoff.toordinal(), days.window.toordinal())
