"""Rule 1: which revision of which submission stands at a cutoff, and whose member is in good standing."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date

from driveline.verify.calendars import months_before
from driveline.verify.policies import Policy
from driveline.verify.records import Fact, Member, Submission, Withdrawal
from driveline.verify.vocabulary import GOOD_STANDING


def newest(revisions: Iterable[Submission]) -> Submission:
    """The greatest revision; of two with the same number, the one with the greater digest."""
    return max(revisions, key=lambda told: (told.revision, told.digest))


def newest_members(facts: Iterable[Fact]) -> dict[str, Member]:
    """The newest state of every member."""
    found: dict[str, Member] = {}
    for fact in facts:
        if isinstance(fact, Member):
            held = found.get(fact.member_id)
            if held is None or (fact.revision, fact.digest) > (held.revision, held.digest):
                found[fact.member_id] = fact
    return found


def in_good_standing(member: Member | None, policy: Policy, cutoff: date) -> bool:
    """Whether the member may contribute: the kind for the measure, active or grace, verified by the cutoff."""
    return (
        member is not None
        and member.kind == policy.contributor_kind
        and member.status in GOOD_STANDING
        and member.verified_on is not None
        and member.verified_on <= cutoff
    )


def standing(facts: Iterable[Fact], policy: Policy, cutoff: date) -> Iterator[Submission]:
    """Every entry of the measure that stands at the cutoff."""
    facts = list(facts)
    members = newest_members(facts)
    revisions: dict[tuple[str, str], list[Submission]] = defaultdict(list)
    withdrawn: dict[tuple[str, str], int] = defaultdict(int)
    for fact in facts:
        if isinstance(fact, Submission) and fact.measure == policy.measure and fact.effective_on <= cutoff:
            revisions[fact.member_id, fact.submission_id].append(fact)
        elif isinstance(fact, Withdrawal) and fact.measure == policy.measure:
            key = (fact.member_id, fact.submission_id)
            withdrawn[key] = max(withdrawn[key], fact.revision)
    too_old = months_before(cutoff, policy.window_months)
    for key, candidates in revisions.items():
        told = newest(candidates)
        if (
            told.effective_on > too_old
            and withdrawn.get(key, 0) <= told.revision
            and in_good_standing(members.get(told.member_id), policy, cutoff)
        ):
            yield told
