"""A history released plainly: `driveline verify`'s own code over everything that was said so far."""

from datetime import date, timedelta

from driveline.verify import money, records
from driveline.verify.judging import Memory, judge, sweep
from driveline.verify.policies import Policy, in_force
from driveline.verify.recompute import recompute
from driveline.verify.values import Entry

from .said import Back, History, Member, Rules, Said, Shown, Step, digest


def _policy(rules: Rules, finest: str) -> Policy:
    return Policy(
        rules.policy_id, "pay", rules.since, "business", rules.age_days, rules.window_months, rules.k, rules.share,
        finest, rules.rounding,
    )  # fmt: skip


def _fact(said: Said) -> records.Fact:
    if isinstance(said, Member):
        return records.Member(
            said.member, said.revision, digest(said).hex(), said.kind, said.status, said.verified
        )  # fmt: skip
    if isinstance(said, Back):
        return records.Withdrawal("pay", said.member, said.submission, said.revision)
    at = said.position
    return records.Pay(
        "pay", said.member, said.submission, said.revision, digest(said).hex(), said.effective, said.cents, at.zip,
        at.role, at.shop_type, at.experience, at.plan, at.size, at.credential_level,
    )  # fmt: skip


class Plainly:
    """Everything that was said, and what was shown of it."""

    def __init__(self, history: History) -> None:
        self.policies = [_policy(rules, history.finest) for rules in history.policies]
        self.facts: list[records.Fact] = []
        self.memory: Memory = {}
        self.cutoff = date.min
        self.policy = self.policies[0]
        self.cells: dict[str, list[Entry]] = {}
        self.epoch = 0

    def take(self, step: Step) -> dict[str, Shown]:
        """What is shown after a step."""
        self.facts += [_fact(said) for batch in step.batches for said in batch]
        if step.kind == "release":
            policy = in_force(self.policies, "pay", step.day)
            assert policy is not None
            self.policy = policy
            self.cutoff = max(self.cutoff, step.day - timedelta(days=policy.age_days))
            self.epoch += 1
        self.cells = recompute(self.facts, self.policy, self.cutoff).cells
        if step.kind == "release":
            self.memory = judge(self.memory, self.cells, self.policy, self.epoch).memory
        else:
            self.memory = sweep(self.memory, self.cells, self.policy).memory
        return {
            cell: Shown(
                version.values.policy_id, version.values.contributors,
                {name: _cents(text) for name, text in version.values.percentiles.items()},
                {name: (_cents(low), _cents(high)) for name, (low, high) in version.values.intervals.items()},
                version.baseline, version.stayed,
            )
            for cell, version in self.memory.items()
            if version.shown
        }  # fmt: skip


def _cents(text: str) -> int:
    value = money.plain(text)
    assert value is not None
    return int(value * 100)
