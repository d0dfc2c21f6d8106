"""A history released by the exchange's own domain and judging code, its shards in this process's memory.

What is not here is what carries it in production: Kafka, Redis, the board of a cut, PostgreSQL.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
from exchange.domain.addresses import Array
from exchange.domain.change import Memory, sweep
from exchange.domain.disclosure import numbers, qualifying
from exchange.domain.lattice import unpack
from exchange.domain.layout import MARK
from exchange.domain.policy import Policies, Policy
from exchange.domain.shard import Days, Past, Shard
from exchange.usecases.announce import spelled
from exchange.usecases.judge_epoch import judge, values

from .cut import Cut, at_once, changed_since, counted
from .partition import GEOGRAPHY, SOURCES, Partition
from .said import History, Rules, Said, Shown, Step


def _policy(rules: Rules) -> Policy:
    return Policy(
        rules.policy_id, rules.measure, rules.since, rules.contributors, rules.age_days, rules.window_months, rules.k,
        rules.cap, rules.finest, rules.rounding, rules.guards_old_versions, rules.points, rules.days,
        rules.tells_unanimity,
    )  # fmt: skip


def _cut(shards: Sequence[Shard], memories: Mapping[str, Memory], marks: Mapping[str, Array]) -> Cut:
    """Of every measure; `marks` by measure are the releases that its memory refers to, none at a sweep."""
    changed = {
        measure: changed_since(shards, measure, memory, marks[measure])
        for measure, memory in memories.items()
        if measure in marks
    }
    return Cut(shards, {measure: counted(shards, measure) for measure in memories}, changed)


class ByTheExchange:
    """The shards, and what a coordinator writes down of its epochs."""

    def __init__(self, history: History) -> None:
        self.policies = Policies([_policy(rules) for rules in history.policies])
        self.partitions = [Partition(number, self.policies) for number in range(history.shards)]
        self.memories = {measure: Memory.empty() for measure in self.policies.measures}
        self.shown: dict[str, Shown] = {}
        self.days: dict[str, Days] = {}
        self.under: dict[str, Policy] = {}
        self.epoch = 0
        self._marks: dict[tuple[str, int], tuple[int, int, int]] = {}
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
        for partition in self.partitions:
            partition.keep(self.days)
        self._write_down_stays()
        return self.shown

    def _fold(self, batch: Sequence[Said]) -> None:
        for partition in self.partitions:
            own = [said for said in batch if int(said.member[1:]) % len(self.partitions) == partition.number]
            if own:
                partition.take(own)

    def _release(self, day: date) -> None:
        self.epoch += 1
        marks = self._referred()
        self.under = self.policies.in_force(day)
        for measure, policy in self.under.items():
            last = self.days.get(measure)
            cutoff = policy.cutoff(day, last.cutoff if last else None)
            days = self.days[measure] = Days(cutoff, policy.window_start(cutoff))
            self._marks[measure, self.epoch] = (self.epoch, cutoff.toordinal(), days.window.toordinal())
        self._move_days()
        for partition in self.partitions:
            partition.shard.begin_release(self.epoch, marks)
        ends = [{source: len(partition.log[source]) for source in SOURCES} for partition in self.partitions]
        self._reached.append((self.epoch, ends))
        cut = _cut([partition.shard for partition in self.partitions], self.memories, marks)
        for measure, policy in self.under.items():
            decided = at_once(judge(cut, measure, policy, self.memories[measure], self.epoch, GEOGRAPHY))
            self._withdraw(measure, decided.withdrawn)
            self.memories[measure] = decided.memory
            at_once(self._show(cut, measure, policy, decided.new))
            for policy_id in decided.memory.policy_ids:
                at_once(self._show(cut, measure, self.policies[policy_id], decided.back_under(policy_id)))
        cut.let_go()

    def _sweep(self) -> None:
        self._move_days()  # of a shard that came back from an older state
        cut = _cut([partition.shard for partition in self.partitions], self.memories, {})
        for measure, policy in self.under.items():
            allowed = qualifying(cut.census[measure], policy, GEOGRAPHY)
            gone, self.memories[measure] = sweep(self.memories[measure], allowed.keys)
            self._withdraw(measure, gone)
        cut.let_go()

    def _move_days(self) -> None:
        for partition in self.partitions:
            for measure, days in self.days.items():
                partition.shard.move_days(measure, days)

    def _withdraw(self, measure: str, keys: Array) -> None:
        for key in keys.tolist():
            del self.shown[_text(measure, key)]

    async def _show(self, cut: Cut, measure: str, policy: Policy, keys: Array) -> None:
        async for some, contents in values(cut, measure, keys):
            for key, body in zip(some.tolist(), spelled(numbers(contents, some, policy)), strict=True):
                self.shown[_text(measure, key)] = _shown(policy, json.loads(body))

    def _write_down_stays(self) -> None:
        """Put beside the numbers what is remembered of each shown cell; both must be of the same cells."""
        told = {}
        for measure, memory in self.memories.items():
            for at in np.flatnonzero(memory.shown).tolist():
                text = _text(measure, int(memory.keys[at]))
                held = self.shown.pop(text)
                assert held.policy_id == memory.policy_ids[memory.policy[at]]
                told[text] = replace(held, baseline=int(memory.baseline[at]), stayed=int(memory.stayed[at]))
        assert not self.shown, "shown, but not remembered as shown"
        self.shown = told

    def _referred(self) -> dict[str, Array]:
        return {
            measure: np.array([self._marks[measure, release] for release in memory.releases], MARK)
            for measure, memory in self.memories.items()
        }

    def _past(self, partition: int) -> Past:
        """What `adapters/release_memory.py` tells a shard that is loaded."""
        if not self.epoch:
            return Past()
        numbers = np.array([release for release, _ in self._reached], np.int64)
        reached = {
            source: (numbers, np.array([ends[partition][source] for _, ends in self._reached], np.int64))
            for source in SOURCES
        }
        return Past(self.epoch, self.days, self._referred(), reached)


def _shown(policy: Policy, body: Mapping[str, Any]) -> Shown:
    """What a released body says."""
    amount = body.get("amount")
    return Shown(
        policy.policy_id,
        body["contributors"],
        body.get("percentiles", {}),
        {name: (low, high) for name, (low, high) in body.get("intervals", {}).items()},
        0,
        0,
        body.get("share"),
        amount and (amount["unit"], amount["p50"]),
    )


def _text(measure: str, key: int) -> str:
    return unpack(measure, key, GEOGRAPHY).text()
