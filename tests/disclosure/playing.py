"""Plays a history on both sides, compares them cell by cell after every epoch, and counts which way each rule decided."""

from collections import Counter
from collections.abc import Sequence

from driveline.verify.beside_old import waiting
from driveline.verify.change import MOST_STAYS, Version, changed
from driveline.verify.judging import Memory
from driveline.verify.nesting import beside_wider, in_rounds
from driveline.verify.policies import Policy
from driveline.verify.records import NO_AMOUNT, NOT_OFFERED
from driveline.verify.values import Entry, Shown, by_contributor, qualifies

from .by_the_exchange import ByTheExchange
from .plainly import Measure, Plainly
from .said import History
from .said import Shown as Told

# Every way in which rules 2 to 5 can decide; a history that takes none of them shows nothing.
WAYS = (
    "closed: fewer than k", "closed: share above the cap", "held back: by a wider cell", "held back: by a round",
    "first shown", "as before", "as before, under an older policy", "stays: 1 changed", "stays: k - 1 changed",
    "stays: for the fourth time", "new version: exactly k changed", "new version: under another policy",
    "withdrawn: by rule 2", "withdrawn: by a wider cell", "withdrawn: by a round", "withdrawn: stayed too often",
    "stays withdrawn: 1 to k - 1 changed", "comes back as it was", "comes back as it was, under an older policy",
    "comes back new", "waits: not shown yet", "waits: stays, k or more changed", "waits: stays withdrawn, none changed",
    "waits: stays withdrawn, k or more changed", "waits: withdrawn, stayed too often", "swept", "sweep leaves what a release would withdraw", "shards loaded from the store",
    "shards replayed from the log", "shards loaded from an older store",
)  # fmt: skip
# Of them, those that pay, benefits and labor rates must each take.
EACH = tuple(
    way
    for way in WAYS
    if not way.startswith(("waits", "sweep", "swept", "shards"))
    and way != "comes back as it was, under an older policy"
)
# And in which rule 6 can decide of a benefit's cell that gets a new version.
OF_BENEFITS = (
    "share: told", "share: all offer", "share: nobody offers", "share withheld: a few offer", "share withheld: a few do not",
    "share withheld: a few of both", "share withheld: all offer", "share withheld: nobody offers", "amount in percent_paid_by_employer", "amount in percent_of_pay", "amount in days_year",
    "amount in usd_year", "amount in usd_once", "amount: nobody says one", "amount withheld: fewer than k say one",
    "amount withheld: one says too many", "neither share nor amount, shown all the same",
)  # fmt: skip
RESTARTS = {
    "stored": "shards loaded from the store",
    "rewound": "shards loaded from an older store",
    "replayed": "shards replayed from the log",
}


def differences(plain: dict[str, Told], exchange: dict[str, Told]) -> list[str]:
    """Each cell that is not the same on both sides."""
    return [
        f"{cell}\n  plainly  {plain.get(cell)}\n  exchange {exchange.get(cell)}"
        for cell in sorted(plain.keys() | exchange.keys())
        if plain.get(cell) != exchange.get(cell)
    ]


def play(history: History, name: str = "") -> Counter[str]:
    """Which ways were taken, how often. Raises AssertionError at the first epoch after which both sides differ."""
    plainly, exchange, seen = Plainly(history), ByTheExchange(history), Counter[str]()
    for number, step in enumerate(history.steps):
        before = {measure: dict(held.memory) for measure, held in plainly.measures.items()}
        differ = differences(plainly.take(step), exchange.take(step))
        assert not differ, f"{name}step {number}: {len(differ)} cells differ\n" + "\n".join(differ[:5])
        if step.restart and plainly.epoch > 2:
            seen[RESTARTS[step.restart]] += 1
        for measure, held in plainly.measures.items():
            if held.policy is None:
                continue
            ways = _ways(held, held.policy, before[measure], step.kind, plainly.epoch)
            seen.update(ways)
            seen.update(f"{measure}, {way}" for way in ways)
    return seen


def _ways(measure: Measure, policy: Policy, before: Memory, kind: str, epoch: int) -> list[str]:
    k = policy.k
    counts = {cell: by_contributor(entries) for cell, entries in measure.cells.items()}
    qualify = {cell: count for cell, count in counts.items() if qualifies(count.values(), policy)}
    if kind == "sweep":
        gone = [cell for cell, was in before.items() if was.shown and not measure.memory[cell].shown]
        held = [c for c in beside_wider(qualify, k) if c in before and before[c].shown]
        return ["swept"] * len(gone) + ["sweep leaves what a release would withdraw"] * len(held)
    ways = [
        "closed: fewer than k" if len(count) < k else "closed: share above the cap"
        for cell, count in counts.items()
        if cell not in qualify
    ]
    by_wider = beside_wider(qualify, k)
    by_round = set(qualify) - by_wider - in_rounds(qualify, set(qualify) - by_wider, k)
    ways += ["held back: by a wider cell"] * len(by_wider) + ["held back: by a round"] * len(by_round)
    left = qualify.keys() - by_wider - by_round
    waits = waiting(before, left, measure.cells, k) if policy.guards_old_versions else set()
    ways += ["waits: not shown yet"] * len(waits - before.keys())
    for cell, now in measure.memory.items():
        was = before.get(cell)
        if policy.measure == "benefits" and now.shown and now.baseline == epoch:
            ways += _of_benefits(now.entries, now.values, policy)
        if was is not None and cell in waits:
            ways.append(_waits(was, now, changed(measure.cells[cell], was.entries)))
        elif was is None:
            ways.append("first shown")
        elif was.shown and not now.shown and cell not in by_wider | by_round and cell in qualify:
            ways.append("withdrawn: stayed too often")
        elif was.shown and not now.shown:
            why = "by a wider cell" if cell in by_wider else "by a round" if cell in by_round else "by rule 2"
            ways.append(f"withdrawn: {why}")
        elif now.shown or cell in left:
            ways += _versions(was, now, changed(measure.cells[cell], was.entries), policy, epoch)
    return ways


def _of_benefits(entries: Sequence[Entry], shown: Shown, policy: Policy) -> list[str]:
    """Of the version that a benefit's cell got: why it tells what it tells."""
    offer = {entry.contributor for entry in entries if entry.value != NOT_OFFERED}
    others = {entry.contributor for entry in entries if entry.value == NOT_OFFERED}
    say = by_contributor([entry for entry in entries if entry.value not in (NOT_OFFERED, NO_AMOUNT)])
    if shown.share is not None:
        ways = ["share: told" if offer and others else "share: all offer" if offer else "share: nobody offers"]
    elif not offer or not others:  # by a stricter policy alone
        ways = [f"share withheld: {'all offer' if offer else 'nobody offers'}"]
    elif max(len(offer), len(others)) < policy.k:
        ways = ["share withheld: a few of both"]
    else:
        ways = [f"share withheld: a few {'offer' if len(offer) < policy.k else 'do not'}"]
    if shown.amount is not None:
        ways.append(f"amount in {shown.amount[0]}")
    else:
        few = "fewer than k say one" if len(say) < policy.k else "one says too many"
        ways.append(f"amount withheld: {few}" if say else "amount: nobody says one")
    if shown.share is None and shown.amount is None:
        ways.append("neither share nor amount, shown all the same")
    return ways


def _waits(was: Version, now: Version, many: int) -> str:
    """Of a cell that a stricter policy gives no version of now."""
    if was.shown:
        return "waits: stays, k or more changed" if now.shown else "waits: withdrawn, stayed too often"
    return f"waits: stays withdrawn, {'k or more' if many else 'none'} changed"


def _versions(was: Version, now: Version, many: int, policy: Policy, epoch: int) -> list[str]:
    """Of a cell that rules 2 and 3 leave, of which so many contributors changed."""
    k, older = policy.k, was.values.policy_id != policy.policy_id
    if not now.shown:
        return ["stays withdrawn: 1 to k - 1 changed"]
    if now.baseline == epoch:
        ways = ["new version" if was.shown else "comes back new"]
        ways += ["new version: exactly k changed"] * (many == k)
        return ways + ["new version: under another policy"] * older
    if many == 0:
        way = "as before" if was.shown else "comes back as it was"
        return [way] + [f"{way}, under an older policy"] * older
    ways = ["stays"] + ["stays: 1 changed"] * (many == 1) + ["stays: k - 1 changed"] * (many == k - 1)
    return ways + ["stays: for the fourth time"] * (now.stayed == MOST_STAYS)
