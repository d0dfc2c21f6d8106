"""A history released by the exchange's own domain and judging code, its shards in this process's memory.

What is not here is what carries it in production: Kafka, Redis, the board of a cut, PostgreSQL. A cut asks each shard
what `usecases/take_cut.py` asks it.
"""

from collections.abc import Coroutine, Mapping, Sequence
from datetime import date
from typing import Any, TypeVar

import numpy as np
from driveline.verify.geography import table
from exchange.adapters.shard_codec import pack_members, pack_submissions, restore_members, restore_submissions
from exchange.domain import codes
from exchange.domain.addresses import Array
from exchange.domain.cell_book import Census, Contents
from exchange.domain.change import Memory, sweep
from exchange.domain.disclosure import join, qualifying
from exchange.domain.lattice import Geography, Place, unpack
from exchange.domain.layout import MARK, NONE, VERSION
from exchange.domain.ledger import TakenBack, name_of
from exchange.domain.members import MemberState
from exchange.domain.policy import Policies, Policy
from exchange.domain.shard import Batch, Days, Past, Shard, Submitted, Withdrawn
from exchange.usecases.judge_epoch import judge, values

from .histories import ZIPS
from .said import Back, History, Member, Pay, Rules, Said, Shown, Step, digest

PAY, JOINED, WITHDRAWN = "pay.submitted", "member.joined", "submission.withdrawn"
SOURCES = (PAY, JOINED, WITHDRAWN)
T = TypeVar("T")


def _place(zip_code: str) -> Place:
    keys = dict(key.split(":", 1) for key in table()[zip_code])
    return Place(zip_code, keys["state"], keys.get("division"), keys.get("metro", "").partition(":")[2] or None)


GEOGRAPHY = Geography([_place(zip_code) for zip_code in sorted(set(ZIPS))])


def _policy(rules: Rules, finest: str) -> Policy:
    return Policy(
        rules.policy_id, "pay", rules.since, "business", rules.age_days, rules.window_months, rules.k, rules.cap,
        finest, rules.rounding,
    )  # fmt: skip


def at_once(coroutine: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine that never has to wait."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        return done.value  # type: ignore[no-any-return]
    raise RuntimeError("it waits")


class Partition:
    """One partition: its log, and the shard that follows it."""

    def __init__(self, number: int, policies: Policies) -> None:
        self.number = number
        self._policies = policies
        self.log: dict[str, list[Said]] = {source: [] for source in SOURCES}
        self.shard = Shard(number, policies, GEOGRAPHY.chains)

    def take(self, batch: Sequence[Said]) -> None:
        """Append a batch to the log and fold it."""
        placed = []
        for said in batch:
            source = PAY if isinstance(said, Pay) else JOINED if isinstance(said, Member) else WITHDRAWN
            placed.append((source, len(self.log[source]), said))
            self.log[source].append(said)
        self._fold(placed)

    def restart(self, how: str, past: Past) -> None:
        """Lose the memory: the shard comes back from what was durable, or from the log."""
        before = self.shard
        self.shard = Shard(self.number, self._policies, GEOGRAPHY.chains, past)
        for measure, days in past.days.items():
            self.shard.move_days(measure, days)
        if how == "replayed":
            for source in reversed(SOURCES):
                self._fold([(source, offset, said) for offset, said in enumerate(self.log[source])])
            return
        packed = pack_members(before, range(len(before.members.ids)))
        batch = restore_members(self.shard, zip(packed[::2], packed[1::2], strict=True))
        ledger = before.ledgers["pay"]
        packed = pack_submissions(ledger, np.arange(len(ledger.names)))
        pairs = zip(packed[::2], packed[1::2], strict=True)
        restore_submissions(self.shard, "pay", pairs, batch, (PAY, WITHDRAWN))
        self.shard.fold(self.shard.seal(batch))

    def _fold(self, placed: Sequence[tuple[str, int, Said]]) -> None:
        shard, ledger = self.shard, self.shard.ledgers["pay"]
        batch = Batch()
        rows, targets, withdrawn, taken_back = [], [], [], []
        for source, offset, said in placed:
            member = shard.intern_member(said.member)
            if isinstance(said, Member):
                active = said.status in ("active", "grace")
                batch.members.append(
                    MemberState(
                        said.member, said.revision, digest(said), said.kind, active, said.verified, source, offset
                    )
                )
                continue
            target = ledger.intern(member, name_of(said.member, said.submission))
            if isinstance(said, Back):
                withdrawn.append(target)
                taken_back.append(TakenBack(said.revision, offset, 0))
            else:
                targets.append(target)
                rows.append(_row(said, offset))
        if rows:
            batch.submitted["pay"] = Submitted(np.array(targets, np.int64), np.array(rows, VERSION), PAY)
        if withdrawn:
            batch.withdrawn["pay"] = Withdrawn(np.array(withdrawn, np.int64), taken_back, WITHDRAWN)
        folded = shard.fold(shard.seal(batch))
        for tie in folded.ties.get("pay", []):
            row = batch.submitted["pay"].rows[tie.row].copy()
            row["rank"] = self._rank(int(row["offset"]))
            shard.fold_tie("pay", tie.target, row, {offset: self._rank(offset) for offset in tie.offsets})

    def _rank(self, offset: int) -> int:
        return int.from_bytes(digest(self.log[PAY][offset])[:8], "big")


def _row(pay: Pay, offset: int) -> np.void:
    row = np.zeros(1, VERSION)[0]
    row["revision"], row["offset"], row["effective"] = pay.revision, offset, pay.effective.toordinal()
    row["checksum"] = int.from_bytes(digest(pay)[-4:], "big")
    row["cents"], row["zip"], row["next"] = pay.cents, int(pay.position.zip), NONE
    row["role"] = codes.ROLES.index(pay.position.role)
    row["shop_type"] = codes.SHOP_TYPES.index(pay.position.shop_type)
    row["experience"] = codes.EXPERIENCES.index(pay.position.experience)
    row["plan"] = codes.PLANS.index(pay.position.plan)
    row["size"] = codes.SIZES.index(pay.position.size)
    row["credential_level"] = codes.CREDENTIAL_LEVELS.index(pay.position.credential_level)
    return row  # type: ignore[return-value]


class Cut:
    """All shards at one cut: `judge_epoch.Shards`."""

    def __init__(self, shards: Sequence[Shard], memory: Memory, marks: Array) -> None:
        self._books = [shard.ledgers["pay"].book for shard in shards]
        changed = np.zeros(len(memory.keys), np.int64)
        for shard in shards:
            for mark in marks:
                then = memory.baseline == mark["release"]
                changed[then] += shard.ledgers["pay"].changed_since(mark, memory.keys[then], shard.members)
        self.changed: Mapping[str, Array] = {"pay": changed}
        self.census: Mapping[str, Census] = {
            "pay": join([s.ledgers["pay"].book.cut(len(s.members.ids)) for s in shards])
        }

    async def same(self, measure: str, wide: Array, fine: Array) -> Array:
        """See `judge_epoch.Shards`."""
        return np.sum([book.count_same(wide, fine) for book in self._books], axis=0, dtype=np.int64)  # type: ignore[no-any-return]

    async def beyond(self, measure: str, parents: Array, ends: Array, finer: Array) -> Array:
        """See `judge_epoch.Shards`."""
        return np.sum([book.count_beyond(parents, ends, finer) for book in self._books], axis=0, dtype=np.int64)  # type: ignore[no-any-return]

    async def contents(self, measure: str, keys: Array) -> Sequence[Contents]:
        """See `judge_epoch.Shards`."""
        return [book.contents(keys) for book in self._books]

    def let_go(self) -> None:
        """As after an epoch."""
        for book in self._books:
            book.release_cut()


class ByTheExchange:
    """The shards, and what a coordinator writes down of its epochs."""

    def __init__(self, history: History) -> None:
        self.policies = Policies([_policy(rules, history.finest) for rules in history.policies])
        self.partitions = [Partition(number, self.policies) for number in range(history.shards)]
        self.memory = Memory.empty()
        self.shown: dict[str, Shown] = {}
        self.days: Days | None = None
        self.policy: Policy | None = None
        self.epoch = 0
        self._marks: dict[int, tuple[int, int, int]] = {}
        self._reached: list[tuple[int, list[dict[str, int]]]] = []

    def take(self, step: Step) -> dict[str, Shown]:
        """What is shown after a step."""
        first, *others = step.batches
        self._fold(first)
        if step.restart:
            for partition in self.partitions:
                partition.restart(step.restart, self._past(partition.number))
        for batch in others:
            self._fold(batch)
        if step.kind == "release":
            self._release(step.day)
        else:
            self._sweep()
        return self.shown

    def _fold(self, batch: Sequence[Said]) -> None:
        for partition in self.partitions:
            own = [said for said in batch if int(said.member[1:]) % len(self.partitions) == partition.number]
            if own:
                partition.take(own)

    def _release(self, day: date) -> None:
        self.policy = policy = self.policies.in_force(day)["pay"]
        cutoff = policy.cutoff(day, self.days.cutoff if self.days else None)
        self.days = Days(cutoff, policy.window_start(cutoff))
        self.epoch += 1
        self._marks[self.epoch] = (self.epoch, cutoff.toordinal(), self.days.window.toordinal())
        marks = self._referred()
        for partition in self.partitions:
            partition.shard.move_days("pay", self.days)
            partition.shard.begin_release(self.epoch, {"pay": marks})
        ends = [{source: len(partition.log[source]) for source in SOURCES} for partition in self.partitions]
        self._reached.append((self.epoch, ends))
        cut = Cut([partition.shard for partition in self.partitions], self.memory, marks)
        decided = at_once(judge(cut, "pay", policy, self.memory, self.epoch, GEOGRAPHY))
        for key in decided.withdrawn.tolist():
            del self.shown[self._text(key)]
        self.memory = decided.memory
        at_once(self._show(cut, policy, decided.new))
        for policy_id in decided.memory.policy_ids:
            at_once(self._show(cut, self.policies[policy_id], decided.back_under(policy_id)))
        cut.let_go()
        self._write_down_stays()

    def _sweep(self) -> None:
        assert self.policy is not None
        cut = Cut([partition.shard for partition in self.partitions], self.memory, np.zeros(0, MARK))
        allowed = qualifying(cut.census["pay"], self.policy, GEOGRAPHY)
        gone, self.memory = sweep(self.memory, allowed.keys)
        for key in gone.tolist():
            del self.shown[self._text(key)]
        cut.let_go()
        self._write_down_stays()

    async def _show(self, cut: Cut, policy: Policy, keys: Array) -> None:
        async for some, figures in values(cut, "pay", policy, keys):
            for key, figure in zip(some.tolist(), figures, strict=True):
                self.shown[self._text(key)] = Shown(
                    policy.policy_id, figure.contributors, figure.percentiles, figure.intervals, 0, 0
                )

    def _write_down_stays(self) -> None:
        """Put beside the numbers what is remembered of each shown cell; both must be of the same cells."""
        memory, told = self.memory, {}
        for at in np.flatnonzero(memory.shown).tolist():
            text = self._text(int(memory.keys[at]))
            held = self.shown.pop(text)
            assert held.policy_id == memory.policy_ids[memory.policy[at]]
            told[text] = Shown(
                held.policy_id, held.contributors, held.percentiles, held.intervals,
                int(memory.baseline[at]), int(memory.stayed[at]),
            )  # fmt: skip
        assert not self.shown, "shown, but not remembered as shown"
        self.shown = told

    def _referred(self) -> Array:
        return np.array([self._marks[release] for release in self.memory.releases], MARK)

    def _past(self, partition: int) -> Past:
        """What `adapters/release_memory.py` tells a shard that is loaded."""
        if self.days is None:
            return Past()
        numbers = np.array([release for release, _ in self._reached], np.int64)
        reached = {
            source: (numbers, np.array([ends[partition][source] for _, ends in self._reached], np.int64))
            for source in SOURCES
        }
        return Past(self.epoch, {"pay": self.days}, {"pay": self._referred()}, reached)

    @staticmethod
    def _text(key: int) -> str:
        return unpack("pay", key, GEOGRAPHY).text()
