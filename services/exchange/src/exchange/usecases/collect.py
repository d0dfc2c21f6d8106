"""Collect: fold one micro-batch into its shard and make it durable, whole or not at all."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from exchange.adapters.shard_codec import pack_members, pack_submissions
from exchange.adapters.shard_store import Commit, ShardStore, Watermark
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
    clean: bool = True  # memory holds what the store holds; False from the start of a fold until its commit


async def collect(
    owned: Owned, batch: Batch, reached: Mapping[str, int], last: Mapping[str, str], store: ShardStore, rank_of: RankOf
) -> Folded:
    """Fold a batch, whose records end before `reached`, and commit it with its watermarks in one atomic script.

    Raises Conflict when the store has moved on or back without us: nothing is written, and the shard in memory must
    be dropped and loaded again, because it is ahead of the store.
    """
    shard = owned.shard
    owned.clean = False

    def make_durable(folded: Folded) -> Folded:
        watermarks = [_same_store(owned)]
        watermarks += [
            Watermark(f"next:{topic}", owned.stored.get(f"next:{topic}", ""), str(offset))
            for topic, offset in sorted(reached.items())
        ]
        watermarks += [Watermark(f"last:{topic}", None, identity) for topic, identity in sorted(last.items())]
        owned.stored.update(store.commit_now(shard.partition, Commit(watermarks, *_changed(shard, folded))))
        return folded

    def fold() -> Folded:
        folded = shard.fold(batch)
        return folded if folded.ties else make_durable(folded)

    # One hop for all of it: the event loop is busy with the next batch, and each hop would wait for that.
    folded = await asyncio.to_thread(fold)
    for measure, ties in folded.ties.items():
        submitted = batch.submitted[measure]
        for tie in ties:
            row = submitted.rows[tie.row].copy()
            row["rank"] = await rank_of(measure, shard.partition, int(row["offset"]))
            ranks = {offset: await rank_of(measure, shard.partition, offset) for offset in tie.offsets}
            shard.fold_tie(measure, tie.target, row, ranks)
    if folded.ties:
        await asyncio.to_thread(make_durable, folded)
    owned.committed.update(reached)
    owned.last.update(last)
    owned.clean = True
    return folded


def _same_store(owned: Owned) -> Watermark:
    """A field that every shard has from its first moment: a topic's first watermark is absent in an empty store too."""
    partitions = owned.stored.get("partitions", "")
    return Watermark("partitions", partitions, partitions)


def _changed(shard: Shard, folded: Folded) -> tuple[list[bytes], dict[str, list[bytes]]]:
    submissions = {
        measure: pack_submissions(shard.ledgers[measure], targets) for measure, targets in folded.submissions.items()
    }
    return pack_members(shard, folded.members), submissions


async def move_days(
    owned: Owned, days: Mapping[str, Days], release: int, referred: Mapping[str, Array], store: ShardStore
) -> None:
    """Advance the shard to the days of release number `release` (0: of a sweep) and write down what that changed.

    `referred` are by measure the MARKs of the releases that cells are shown as of.
    """
    shard = owned.shard
    owned.clean = False

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
    if len(watermarks) > 1 or folded.members or any(len(targets) for targets in folded.submissions.values()):
        owned.stored.update(await store.commit(shard.partition, Commit(watermarks, *_changed(shard, folded))))
    owned.clean = True


def _stands_at(ledger: Ledger, days: Days) -> bool:
    return (ledger.cutoff, ledger.window) == (days.cutoff.toordinal(), days.window.toordinal())
