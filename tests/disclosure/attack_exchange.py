"""The exchange in memory: real shards, real rules, and an epoch without Kafka, Redis and PostgreSQL.

The same shards are released under several sets of rules at once: all of them, without one, or by a stricter policy. A rule
is switched off here, by what is asked of the domain, and nowhere in the product.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

import numpy as np
from exchange.domain.addresses import Array
from exchange.domain.cell_book import Census, Contents
from exchange.domain.change import Decided, Memory, decide, sweep
from exchange.domain.disclosure import Figures, figures, numbers, qualifying
from exchange.domain.layout import MARK, VERSION
from exchange.domain.ledger import TakenBack, name_of
from exchange.domain.members import MemberState
from exchange.domain.offering import NOT_GIVEN, Offering, Offers
from exchange.domain.policy import Policies, Policy
from exchange.domain.quantiles import BANDS
from exchange.domain.shard import Batch, Days, Shard, Submitted, Withdrawn
from exchange.usecases.judge_epoch import judge

from .attack_market import Entry, Said
from .attack_measures import PAY, RULES, Measure
from .attack_tables import GEOGRAPHY
from .cut import Cut, at_once, changed_since, counted

_CODES: Final = ("value", "zip", "subject", "shop_type", "grade", "plan", "size", "credential_level")
_VERIFIED: Final = date(2025, 1, 1)  # before every cutoff


@dataclass(frozen=True, slots=True)
class Version:
    """What is shown of a cell, and the release whose contents these numbers are of.

    A cell of benefits has a `share`, in hundredths of a percent or NOT_GIVEN, and p50 is the median of its amounts.
    """

    key: int
    release: int
    figures: Figures
    share: int | None = None

    def statements(self) -> Mapping[str, str]:
        """What of it comes, moves and goes by itself: all figures, or of a benefit share, amount and contributors."""
        if self.share is None:
            return {"figures": repr(self.figures)}
        given = {"share": str(self.share)} if self.share != NOT_GIVEN else {}
        amount = {"amount": repr(self.figures.percentiles)} if self.figures.percentiles else {}
        return given | amount | {"contributors": self.figures.contributors}


@dataclass(slots=True)
class Answers:
    """What anybody is told under one set of rules: by packed key the version of each shown cell."""

    memory: Memory = field(default_factory=Memory.empty)
    shown: dict[int, Version] = field(default_factory=dict)
    new: list[Version] = field(default_factory=list)
    withdrawn: list[int] = field(default_factory=list)


class Exchange:
    """Collect what is said of one measure, release and sweep; `answers` by set of rules is what is shown now."""

    def __init__(self, shards: int = 2, rules: Sequence[str] = RULES, measure: Measure = PAY) -> None:
        self._measure, self._name, self._policy = measure, measure.name, measure.policy
        policies = Policies([self._policy])
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
        cutoff = self._policy.cutoff(day, None)
        days = self._days[self.number] = Days(cutoff, self._policy.window_start(cutoff))
        marks = self._marks(sorted({r for a in self.answers.values() for r in a.memory.releases}))
        for shard in self._shards:
            shard.move_days(self._name, days)
            shard.begin_release(self.number, {self._name: marks})
        self.census = counted(self._shards, self._name)
        for rule, answers in self.answers.items():
            changed = changed_since(self._shards, self._name, answers.memory, self._marks(answers.memory.releases))
            self._show(answers, self._decide(rule, answers.memory, changed), self._measure.under(rule))
        self._cut().let_go()

    def sweep(self) -> None:
        """The daily sweep of the last release."""
        census = counted(self._shards, self._name)
        for rule, answers in self.answers.items():
            allowed = qualifying(census, self._measure.under(rule), GEOGRAPHY).keys
            gone, answers.memory = sweep(answers.memory, allowed)
            answers.withdrawn, answers.new = gone.tolist(), []
            for key in answers.withdrawn:
                del answers.shown[key]
        self._cut().let_go()

    # -- an epoch -------------------------------------------------------------------------------------------------

    def _decide(self, rule: str, memory: Memory, changed: Array) -> Decided:
        policy = self._measure.under(rule)
        if rule.endswith("without nesting"):
            return decide(memory, qualifying(self.census, policy, GEOGRAPHY).keys, changed, policy, self.number)
        if rule.endswith("without change"):
            # Without a memory every cell that remains is shown as it is now.
            cut = self._cut(np.zeros(0, np.int64))
            fresh = at_once(judge(cut, self._name, policy, Memory.empty(), self.number, GEOGRAPHY))
            gone = np.setdiff1d(memory.keys[memory.shown], fresh.new)
            return Decided(fresh.new, fresh.back, gone, fresh.memory)
        return at_once(judge(self._cut(changed), self._name, policy, memory, self.number, GEOGRAPHY))

    def _show(self, answers: Answers, decided: Decided, policy: Policy) -> None:
        answers.withdrawn = decided.withdrawn.tolist()
        for key in answers.withdrawn:
            del answers.shown[key]
        keys = np.union1d(decided.new, decided.back)
        contents = at_once(self._cut().contents(self._name, keys))
        at = np.searchsorted(decided.memory.keys, keys)
        baselines = decided.memory.baseline[at].tolist()
        answers.new = [
            Version(key, release, *said)
            for key, release, said in zip(keys.tolist(), baselines, _told(contents, keys, policy), strict=True)
        ]
        answers.shown.update({version.key: version for version in answers.new})
        answers.memory = decided.memory

    def _marks(self, releases: Sequence[int]) -> Array:
        days = [self._days[release] for release in releases]
        rows = [(r, d.cutoff.toordinal(), d.window.toordinal()) for r, d in zip(releases, days, strict=True)]
        return np.array(rows, MARK)

    def _cut(self, changed: Array | None = None) -> Cut:
        return Cut(self._shards, {self._name: self.census}, {} if changed is None else {self._name: changed})

    # -- collecting -----------------------------------------------------------------------------------------------

    def _fold(self, shard: Shard, said: Said) -> None:
        def is_here(shop: int) -> bool:
            return shop % len(self._shards) == shard.partition

        ledger, batch = shard.ledgers[self._name], Batch()
        for shop, active in [(s, True) for s in said.joined] + [(s, False) for s in said.left]:
            if is_here(shop):
                self._offset += 1
                shard.intern_member(str(shop))
                batch.members.append(MemberState(str(shop), self._offset, b"", "business", active, _VERIFIED))

        def target(entry: Entry) -> int:
            member = str(entry.shop)
            return ledger.intern(shard.intern_member(member), name_of(member, str(entry.number)))

        stated = [entry for entry in said.stated if is_here(entry.shop)]
        if stated:
            rows = np.zeros(len(stated), VERSION)
            for row, entry in zip(rows, stated, strict=True):
                self._offset += 1
                row["revision"] = row["offset"] = row["checksum"] = self._offset
                row["effective"] = entry.day.toordinal()
                for code in _CODES:
                    row[code] = getattr(entry, code)
            batch.submitted[self._name] = Submitted(np.array([target(entry) for entry in stated], np.int64), rows)
        taken_back = [entry for entry in said.taken_back if is_here(entry.shop)]
        if taken_back:
            targets = np.array([target(entry) for entry in taken_back], np.int64)
            backs = []
            for _ in taken_back:
                self._offset += 1
                backs.append(TakenBack(self._offset, self._offset, 0))
            batch.withdrawn[self._name] = Withdrawn(targets, backs)
        shard.fold(shard.seal(batch))


def _told(
    contents: Sequence[Contents] | Sequence[Offers], keys: Array, policy: Policy
) -> Iterator[tuple[Figures, int | None]]:
    """Rule 6 of these cells; of benefits with the share."""
    found = numbers(contents, keys, policy)
    if not isinstance(found, Offering):
        entries = [shard for shard in contents if isinstance(shard, Contents)]
        yield from ((figure, None) for figure in figures(entries, policy))
        return
    for share, amount, band in zip(found.shares.tolist(), found.amounts.tolist(), found.bands.tolist(), strict=True):
        yield Figures({} if amount == NOT_GIVEN else {"p50": amount}, {}, BANDS[band]), share
