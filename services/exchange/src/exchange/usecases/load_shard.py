"""Load a shard from the store: an empty one plus everything that was made durable, and the watermarks it stands at."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np

from exchange.adapters.hash_sum import HashSum
from exchange.adapters.shard_codec import Corrupt, restore_members, restore_submissions
from exchange.adapters.shard_store import SEAL, Commit, Conflict, Held, NotWhole, ShardStore, Watermark
from exchange.domain.addresses import Array
from exchange.domain.distinct import distinct
from exchange.domain.policy import Policies
from exchange.domain.shard import Batch, Days, Folded, Past, Shard
from exchange.usecases.collect import Owned
from exchange.usecases.sources import TOPIC_OF, WITHDRAWN


class Unowned(Exception):
    """This partition cannot be served until an operator has looked: what the store holds does not fit."""


async def load_shard(
    partition: int,
    partitions: int,
    topics: Sequence[str],
    policies: Policies,
    chains: Array,
    past: Past,
    store: ShardStore,
) -> Owned:
    """The shard as the store holds it. `past` are the releases so far; its days are for a store that lost its own.

    Raises Unowned when the state was made with another number of partitions, NotWhole when it is damaged.
    """
    meta = await store.whole_meta(partition)
    if not meta:
        fresh = [Watermark("partitions", "", str(partitions))]
        for measure, days in sorted(past.days.items()):
            fresh.append(Watermark(f"cutoff:{measure}", "", days.cutoff.isoformat()))
            fresh.append(Watermark(f"window:{measure}", "", days.window.isoformat()))
        meta = await store.commit(partition, Commit(fresh))
    if meta.get("partitions") != str(partitions):
        raise Unowned(
            f"partition {partition}: its state was made with {meta.get('partitions')} partitions, the topics have {partitions}"
        )
    shard = Shard(partition, policies, chains, past)
    for measure in shard.ledgers:
        if (cutoff := meta.get(f"cutoff:{measure}")) and (window := meta.get(f"window:{measure}")):
            shard.move_days(measure, Days(date.fromisoformat(cutoff), date.fromisoformat(window)))
    held = await store.everything(partition)
    sums = {what: HashSum() for what in store.hashes}
    try:
        batch = await asyncio.to_thread(_restored, shard, held, sums)
    except Corrupt as why:
        raise NotWhole("corrupt", str(why), meta[SEAL]) from why
    read = {"members": len({state.member_id for state in batch.members})}
    read |= {measure: len(ledger.names) for measure, ledger in shard.ledgers.items()}
    for what, fields in read.items():
        if fields < int(meta[f"fields:{what}"]):  # more of them: somebody else commits just now, which harms nobody
            raise Conflict(what, f"{fields} fields")
    for what, found in sums.items():
        if meta.get(f"sum:{what}", str(found.total)) != str(found.total):  # not there yet: of before there were sums
            if (await store.whole_meta(partition)).get(SEAL) != meta[SEAL]:
                raise Conflict(what, "what somebody else commits just now")
            raise NotWhole("corrupt", f"{what}: not the values that were written last", meta[SEAL])
    outdated = await asyncio.to_thread(_folded, shard, shard.seal(batch))
    committed = {topic: int(meta.get(f"next:{topic}", 0)) for topic in topics}
    last = {topic: meta[f"last:{topic}"] for topic in topics if f"last:{topic}" in meta}
    return Owned(shard, committed, dict(committed), last, meta, sums, outdated)


def _folded(shard: Shard, batch: Batch) -> Folded:
    """Fold what the store held; of whom it held more than is needed by now, or of a later release than counts it."""
    known = {measure: submitted.rows["known"].copy() for measure, submitted in batch.submitted.items()}
    states = shard.first_known(batch.members)
    later = {
        shard.members.index[was.member_id] for was, now in zip(batch.members, states, strict=True) if was is not now
    }
    shard.fold(batch)
    held = Counter(shard.members.index[state.member_id] for state in batch.members)
    members = [number for number, n in held.items() if n > len(shard.members.states(number)) or number in later]
    submissions = {}
    for measure, ledger in shard.ledgers.items():
        submitted, withdrawn = batch.submitted[measure], batch.withdrawn[measure]
        _, ends = ledger.version_numbers(np.arange(len(ledger)))
        versions = np.bincount(submitted.targets, minlength=len(ledger))
        counts = Counter(withdrawn.targets.tolist())
        fewer = {target for target, n in counts.items() if n > len(ledger.withdrawals[target])}
        both = zip(withdrawn.targets.tolist(), withdrawn.taken_back, shard.known(withdrawn), strict=True)
        fewer |= {target for target, was, now in both if was != now}
        submissions[measure] = distinct(
            np.flatnonzero(versions > np.diff(ends, prepend=0)),
            submitted.targets[submitted.rows["known"] != known[measure]],
            np.array(sorted(fewer), np.int64),
        )
    return Folded(members, submissions, {})


def _restored(shard: Shard, held: Mapping[str, Held], sums: Mapping[str, HashSum]) -> Batch:
    batch = restore_members(shard, held["members"], sums["members"])
    for measure in shard.ledgers:
        restore_submissions(shard, measure, held[measure], batch, (TOPIC_OF[measure], WITHDRAWN), sums[measure])
    return batch
