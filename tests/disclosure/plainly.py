"""A history released plainly: `driveline verify`'s own code over everything that was said so far."""

from datetime import date, timedelta

from driveline.verify import money, records
from driveline.verify.judging import Memory, judge, sweep
from driveline.verify.policies import Policy, in_force
from driveline.verify.recompute import recompute
from driveline.verify.values import Entry

from .said import Back, History, Member, Rules, Said, Shown, Step, digest


def _policy(rules: Rules) -> Policy:
    return Policy(
        rules.policy_id, rules.measure, rules.since, rules.contributors, rules.age_days, rules.window_months, rules.k,
        rules.share, rules.finest, rules.rounding, rules.guards_old_versions,
    )  # fmt: skip


def _fact(said: Said) -> records.Fact:
    if isinstance(said, Member):
        return records.Member(
            said.member, said.revision, digest(said).hex(), said.kind, said.status, said.verified
        )  # fmt: skip
    if isinstance(said, Back):
        return records.Withdrawal(said.measure, said.member, said.submission, said.revision)
    at = said.position
    return records.Pay(
        said.measure, said.member, said.submission, said.revision, digest(said).hex(), said.effective, said.cents, at.zip,
        at.role, at.shop_type, at.experience, at.plan, at.size, at.credential_level,
    )  # fmt: skip


class Measure:
    """One measure: the policy it was last released under, its cutoff, what stands and what was shown."""

    def __init__(self, policies: list[Policy]) -> None:
        self.policies = policies
        self.policy = policies[0]
        self.cutoff = date.min
        self.memory: Memory = {}
        self.cells: dict[str, list[Entry]] = {}

    def take(self, facts: list[records.Fact], step: Step, epoch: int) -> None:
        """Release or sweep."""
        if step.kind == "release":
            policy = in_force(self.policies, self.policy.measure, step.day)
            assert policy is not None
            self.policy = policy
            self.cutoff = max(self.cutoff, step.day - timedelta(days=policy.age_days))
        self.cells = recompute(facts, self.policy, self.cutoff).cells
        if step.kind == "release":
            self.memory = judge(self.memory, self.cells, self.policy, epoch).memory
        else:
            self.memory = sweep(self.memory, self.cells, self.policy).memory


class Plainly:
    """Everything that was said, and what was shown of it."""

    def __init__(self, history: History) -> None:
        policies = [_policy(rules) for rules in history.policies]
        names = sorted({policy.measure for policy in policies})
        self.measures = {name: Measure([policy for policy in policies if policy.measure == name]) for name in names}
        self.facts: list[records.Fact] = []
        self.epoch = 0

    def take(self, step: Step) -> dict[str, Shown]:
        """What is shown after a step."""
        self.facts += [_fact(said) for batch in step.batches for said in batch]
        self.epoch += step.kind == "release"
        for measure in self.measures.values():
            measure.take(self.facts, step, self.epoch)
        return {
            cell: Shown(
                version.values.policy_id, version.values.contributors,
                {name: _cents(text) for name, text in version.values.percentiles.items()},
                {name: (_cents(low), _cents(high)) for name, (low, high) in version.values.intervals.items()},
                version.baseline, version.stayed,
            )
            for measure in self.measures.values()
            for cell, version in measure.memory.items()
            if version.shown
        }  # fmt: skip


def _cents(text: str) -> int:
    value = money.plain(text)
    assert value is not None
    return int(value * 100)
