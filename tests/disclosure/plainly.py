"""A history released plainly: `driveline verify`'s own code over everything that was said so far."""

from datetime import date, timedelta

from driveline.verify import records
from driveline.verify.change import Version
from driveline.verify.judging import Memory, judge, sweep
from driveline.verify.policies import Policy, in_force
from driveline.verify.recompute import recompute
from driveline.verify.values import Entry

from .said import Back, History, Member, Rules, Said, Shown, Step, digest


def _policy(rules: Rules) -> Policy:
    return Policy(
        rules.policy_id, rules.measure, rules.since, rules.contributors, rules.age_days, rules.window_months, rules.k,
        rules.share, rules.finest, rules.rounding, rules.guards_old_versions, rules.points, rules.days,
        not rules.tells_unanimity,
    )  # fmt: skip


def _fact(said: Said) -> records.Fact:
    if isinstance(said, Member):
        return records.Member(
            said.member, said.revision, digest(said).hex(), said.kind, said.status, said.verified
        )  # fmt: skip
    if isinstance(said, Back):
        return records.Withdrawal(said.measure, said.member, said.submission, said.revision)
    at = said.position
    named = (said.measure, said.member, said.submission, said.revision, digest(said).hex(), said.effective)
    if said.measure == "benefits":
        answer = records.NOT_OFFERED if not said.offered else records.NO_AMOUNT if said.value is None else said.value
        return records.Benefit(*named, answer, at.zip, at.subject, at.shop_type, at.size)
    assert said.value is not None
    if said.measure == "labor-rates":
        return records.LaborRate(*named, said.value, at.zip, at.subject, at.shop_type)
    return records.Pay(
        *named, said.value, at.zip, at.subject, at.shop_type, at.experience, at.plan, at.size, at.credential_level
    )


class Measure:
    """One measure: the policy it was last released under, None before its first release; its cutoff, what stands and
    what was shown."""

    def __init__(self, policies: list[Policy]) -> None:
        self.policies = policies
        self.policy: Policy | None = None
        self.cutoff = date.min
        self.memory: Memory = {}
        self.cells: dict[str, list[Entry]] = {}

    def take(self, facts: list[records.Fact], step: Step, epoch: int) -> None:
        """Release or sweep."""
        if step.kind == "release":
            self.policy = in_force(self.policies, self.policies[0].measure, step.day)
        if self.policy is None:
            return
        if step.kind == "release":
            self.cutoff = max(self.cutoff, step.day - timedelta(days=self.policy.age_days))
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
            cell: _shown(version)
            for measure in self.measures.values()
            for cell, version in measure.memory.items()
            if version.shown
        }


def _shown(version: Version) -> Shown:
    told = version.values
    return Shown(
        told.policy_id, told.contributors, told.percentiles, told.intervals, version.baseline, version.stayed, told.share,
        told.amount,
    )  # fmt: skip
