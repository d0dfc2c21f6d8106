"""Collect: fold one micro-batch into its shard and make it durable, whole or not at all."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from exchange.adapters.shard_codec import pack_members, pack_submissions
from exchange.adapters.shard_store import Commit, ShardStore, Watermark
from exchange.domain.addresses import Array
from exchange.domain.shard import Batch, Folded, Shard

# (measure, offset) -> the rank of the body of the record there
RankOf = Callable[[str, int, int], Awaitable[int]]


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


async def move_cutoffs(owned: Owned, cutoffs: Mapping[str, str], store: ShardStore) -> None:
    """Advance the shard to an epoch's cutoffs (ISO dates by measure) and write down what that dropped."""
    shard = owned.shard
    changed: dict[str, Array] = {}
    owned.clean = False
    for measure, text in cutoffs.items():
        ledger = shard.ledgers[measure]
        cutoff = date.fromisoformat(text)
        if cutoff.toordinal() != ledger.cutoff:
            changed[measure] = await asyncio.to_thread(shard.move_cutoff, measure, cutoff)
    if not changed:
        owned.clean = True
        return
    watermarks = [_same_store(owned)]
    watermarks += [
        Watermark(f"cutoff:{measure}", owned.stored.get(f"cutoff:{measure}", ""), cutoffs[measure])
        for measure in sorted(changed)
    ]
    folded = Folded([], {measure: np.asarray(targets) for measure, targets in changed.items()}, {})
    owned.stored.update(await store.commit(shard.partition, Commit(watermarks, *_changed(shard, folded))))
    owned.clean = True
