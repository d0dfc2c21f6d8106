"""The exchange in memory: real shards, real rules, and an epoch without Kafka, Redis and PostgreSQL.

The same shards are released under several sets of rules at once: all of them, without one, or by a stricter policy. A rule
is switched off here, by what is asked of the domain, and nowhere in the product.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

import numpy as np
from exchange.domain.addresses import Array
from exchange.domain.cell_book import Census
from exchange.domain.change import Decided, Memory, decide, sweep
from exchange.domain.disclosure import Figures, figures, qualifying
from exchange.domain.layout import MARK, VERSION
from exchange.domain.ledger import TakenBack, name_of
from exchange.domain.members import MemberState
from exchange.domain.policy import POLICIES, Policies
from exchange.domain.shard import Batch, Days, Shard, Submitted, Withdrawn
from exchange.usecases.judge_epoch import judge

from .attack_market import Entry, Said
from .attack_tables import GEOGRAPHY
from .cut import Cut, at_once, changed_since, counted

PAY: Final = "pay"
POLICY: Final = POLICIES["pay-2026"]
STRICTER_POLICY: Final = replace(POLICY, policy_id="pay-stricter", guards_old_versions=True)
RULES: Final = ("all", "without nesting", "without change")
STRICTER: Final = "stricter policy"  # all rules, and old versions guarded
_CODES: Final = ("role", "shop_type", "experience", "plan", "size", "credential_level")
_FIELDS: Final = {"role": "subject", "experience": "grade"}  # of VERSION, where it calls them otherwise


@dataclass(frozen=True, slots=True)
class Version:
    """What is shown of a cell, and the release whose contents these numbers are of."""

    key: int
    release: int
    figures: Figures


@dataclass(slots=True)
class Answers:
    """What anybody is told under one set of rules: by packed key the version of each shown cell."""

    memory: Memory = field(default_factory=Memory.empty)
    shown: dict[int, Version] = field(default_factory=dict)
    new: list[Version] = field(default_factory=list)
    withdrawn: list[int] = field(default_factory=list)


class Exchange:
    """Collect what is said, release and sweep; `answers` by set of rules is what is shown now."""

    def __init__(self, shards: int = 2, rules: Sequence[str] = RULES) -> None:
        policies = Policies([POLICY])
        self._shards = [Shard(number, policies, GEOGRAPHY.chains) for number in range(shards)]
        self._days: dict[int, Days] = {}
        self._offset = 0
        self.number = 0
        self.census = Census(*(np.zeros(0, np.int64) for _ in range(4)))
        self.answers = {rule: Answers() for rule in rules}

    def collect(self, said: Said) -> None:
        """Fold what was said into the shards of those who said it."""
        for shard in self._shards:
            self._fold(shard, said)

    def release(self, day: date) -> None:
        """The next release, under every set of rules."""
        self.number += 1
        cutoff = POLICY.cutoff(day, None)
        days = self._days[self.number] = Days(cutoff, POLICY.window_start(cutoff))
        marks = self._marks(sorted({r for a in self.answers.values() for r in a.memory.releases}))
        for shard in self._shards:
            shard.move_days(PAY, days)
            shard.begin_release(self.number, {PAY: marks})
        self.census = counted(self._shards, PAY)
        for rule, answers in self.answers.items():
            changed = changed_since(self._shards, PAY, answers.memory, self._marks(answers.memory.releases))
            self._show(answers, self._decide(rule, answers.memory, changed))
        self._cut().let_go()

    def sweep(self) -> None:
        """The daily sweep of the last release."""
        allowed = qualifying(counted(self._shards, PAY), POLICY, GEOGRAPHY).keys
        for answers in self.answers.values():
            gone, answers.memory = sweep(answers.memory, allowed)
            answers.withdrawn, answers.new = gone.tolist(), []
            for key in answers.withdrawn:
                del answers.shown[key]
        self._cut().let_go()

    # -- an epoch -------------------------------------------------------------------------------------------------

    def _decide(self, rule: str, memory: Memory, changed: Array) -> Decided:
        if rule == "without nesting":
            return decide(memory, qualifying(self.census, POLICY, GEOGRAPHY).keys, changed, POLICY, self.number)
        if rule == "without change":
            # Without a memory every cell that remains is shown as it is now.
            cut = self._cut(np.zeros(0, np.int64))
            fresh = at_once(judge(cut, PAY, POLICY, Memory.empty(), self.number, GEOGRAPHY))
            gone = np.setdiff1d(memory.keys[memory.shown], fresh.new)
            return Decided(fresh.new, fresh.back, gone, fresh.memory)
        policy = STRICTER_POLICY if rule == STRICTER else POLICY
        return at_once(judge(self._cut(changed), PAY, policy, memory, self.number, GEOGRAPHY))

    def _show(self, answers: Answers, decided: Decided) -> None:
        answers.withdrawn = decided.withdrawn.tolist()
        for key in answers.withdrawn:
            del answers.shown[key]
        keys = np.union1d(decided.new, decided.back)
        contents = [shard.ledgers[PAY].book.contents(keys) for shard in self._shards]
        at = np.searchsorted(decided.memory.keys, keys)
        baselines = decided.memory.baseline[at].tolist()
        answers.new = [
            Version(key, release, figure)
            for key, release, figure in zip(keys.tolist(), baselines, figures(contents, POLICY), strict=True)
        ]
        answers.shown.update({version.key: version for version in answers.new})
        answers.memory = decided.memory

    def _marks(self, releases: Sequence[int]) -> Array:
        days = [self._days[release] for release in releases]
        rows = [(r, d.cutoff.toordinal(), d.window.toordinal()) for r, d in zip(releases, days, strict=True)]
        return np.array(rows, MARK)

    def _cut(self, changed: Array | None = None) -> Cut:
        return Cut(self._shards, {PAY: self.census}, {} if changed is None else {PAY: changed})

    # -- collecting -----------------------------------------------------------------------------------------------

    def _fold(self, shard: Shard, said: Said) -> None:
        def is_here(shop: int) -> bool:
            return shop % len(self._shards) == shard.partition

        ledger, batch = shard.ledgers[PAY], Batch()
        for shop, active in [(s, True) for s in said.joined] + [(s, False) for s in said.left]:
            if is_here(shop):
                self._offset += 1
                shard.intern_member(str(shop))
                batch.members.append(MemberState(str(shop), self._offset, b"", "business", active, date(2026, 1, 1)))

        def target(entry: Entry) -> int:
            member = str(entry.shop)
            return ledger.intern(shard.intern_member(member), name_of(member, str(entry.number)))

        stated = [entry for entry in said.stated if is_here(entry.shop)]
        if stated:
            rows = np.zeros(len(stated), VERSION)
            for row, entry in zip(rows, stated, strict=True):
                self._offset += 1
                row["revision"] = row["offset"] = row["checksum"] = self._offset
                row["effective"], row["value"], row["zip"] = entry.day.toordinal(), entry.cents, entry.zip
                for code in _CODES:
                    row[_FIELDS.get(code, code)] = getattr(entry, code)
            batch.submitted[PAY] = Submitted(np.array([target(entry) for entry in stated], np.int64), rows)
        taken_back = [entry for entry in said.taken_back if is_here(entry.shop)]
        if taken_back:
            targets = np.array([target(entry) for entry in taken_back], np.int64)
            backs = []
            for _ in taken_back:
                self._offset += 1
                backs.append(TakenBack(self._offset, self._offset, 0))
            batch.withdrawn[PAY] = Withdrawn(targets, backs)
        shard.fold(shard.seal(batch))
