"""Histories drawn by chance: a small dense market, and what happens to it before each of six to nine epochs.

Whatever is drawn concerns neighbours, shops that share cells, and a handful of them at a time: numbers around k are
where rules 3 and 4 decide.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from random import Random
from typing import Any

from .measures import CONTRIBUTORS, MOVES, ZIPS, Talk, draw_shop
from .said import Back, History, Member, Rules, Said, Step, Submission

FIRST_DAY = date(2026, 6, 1)
AGE = 90
LONG_AGO = date(2026, 1, 1)
# Of each history; benefits and labor rates have fewer cells, and are played as often as they take time.
MEASURES = (
    ("pay",), ("pay",), ("pay", "technician-pay"), ("benefits",), ("benefits",), ("benefits", "labor-rates"),
    ("labor-rates",), ("pay", "benefits"),
)  # fmt: skip
DAYS_BETWEEN = (0, 1, 1, 7, 30, 91)
HOW_MANY = (1, 1, 2, 3, 4, 5, 6)


class Market:
    """The shops as they last were, and what each kind of event makes them say."""

    def __init__(self, chance: Random, measures: Sequence[str]) -> None:
        self.chance = chance
        self.measures = measures
        self.talk = Talk(chance)
        self.cutoff = FIRST_DAY - timedelta(days=AGE)
        self.members: dict[str, Member] = {}
        self.told: dict[tuple[str, str, str], Submission] = {}  # by member, measure, submission
        self.first: dict[tuple[str, str, str], Submission] = {}
        self.said: list[Said] = []

    def open(self) -> list[Said]:
        """The market as it is before the first epoch, from one number: it is not what shrinking should look at."""
        chance, self.chance = self.chance, Random(self.chance.randrange(2**20))
        shops = sum(self.chance.randrange(14, 30) * (1 if "pay" in measure else 2) for measure in self.measures)
        opened = [said for _ in range(shops) for said in self.joins(once=True)]
        self.chance = chance
        return opened

    # -- who it happens to --------------------------------------------------------------------------------------

    def shops(self) -> list[str]:
        """A few neighbours."""
        names = sorted(self.members, key=lambda name: (int(name[1:]) % len(ZIPS), name))
        begin = self.chance.randrange(len(names))
        return names[begin : begin + self.chance.choice(HOW_MANY)]

    def theirs(self) -> Iterator[Submission]:
        """The newest revisions of a few neighbours' submissions, all or one of each."""
        only_first = self.chance.random() < 0.5
        for shop in self.shops():
            names = [name for name in self.told if name[0] == shop]
            yield from (self.told[name] for name in (names[:1] if only_first else names))

    # -- what happens -------------------------------------------------------------------------------------------

    def joins(self, once: bool = False) -> list[Said]:
        """New shops with one to three positions each."""
        said: list[Said] = []
        for _ in range(1 if once else self.chance.choice(HOW_MANY)):
            name = f"s{len(self.members)}"
            verified = self.cutoff - timedelta(days=self.chance.choice((100, 100, 0, -1, -40)) if not once else 100)
            measure = self.chance.choice(self.measures)
            kind = CONTRIBUTORS[measure] if once or self.chance.random() < 0.9 else "school"
            said.append(self._member(Member(name, 1, kind, "active", verified)))
            at = draw_shop(self.chance, measure, int(name[1:]))
            alike = [other for other in self.measures if CONTRIBUTORS[other] == CONTRIBUTORS[measure]]
            for n in range(self.chance.choice((1, 1, 2, 3))):
                of = self.chance.choice((measure, *alike))
                position = self.talk.position(self.chance, of, at)
                effective = self.cutoff - timedelta(days=self.chance.randrange(300))
                value, offered = self.talk.value(self.chance, of, position.subject)
                told = Submission(of, name, f"p{n}", 1, effective, value, position, offered)
                self.first[_name(told)] = told
                said.append(self._tell(told))
        return said

    def corrections(self) -> list[Said]:
        """Another value, by the dollar or by the point: sometimes back to one that there was."""
        more = self.chance.choice((100, 100, -100, 37))
        return [self._tell(replace(self._other(told, more), revision=told.revision + 1)) for told in self.theirs()]

    def second_thoughts(self) -> list[Said]:
        """All as it was at first."""
        return [self._tell(replace(self.first[_name(told)], revision=told.revision + 1)) for told in self.theirs()]

    def moves(self) -> list[Said]:
        """Another role, experience, size, plan or place."""
        ways = {measure: self.chance.choice(MOVES[measure]) for measure in self.measures}
        to = {measure: {field: self.chance.choice(codes)} for measure, (field, codes) in ways.items()}
        return [
            self._tell(replace(t, revision=t.revision + 1, position=replace(t.position, **to[t.measure])))
            for t in self.theirs()
        ]

    def new_dates(self) -> list[Said]:
        """Revisions that count from a later cutoff on, or that leave the window soon."""
        day = self.cutoff + timedelta(days=self.chance.choice((1, 2, 30, 31, 120, -200, -364, -365, -700, -729, -730)))
        also_raised = self.chance.random() < 0.5
        return [
            self._tell(replace(self._other(t, 100) if also_raised else t, revision=t.revision + 1, effective=day))
            for t in self.theirs()
        ]

    def withdrawals(self) -> list[Said]:
        """Withdrawals of the newest revision, or of one that is yet to come."""
        ahead = self.chance.choice((1, 1, 2))
        return [Back(told.measure, told.member, told.submission, told.revision + ahead) for told in self.theirs()]

    def returns(self) -> list[Said]:
        """The same once more, after withdrawals; and members who left or lapsed are there again."""
        said: list[Said] = []
        for shop in self.shops():
            held = self.members[shop]
            if held.status != "active":
                said.append(self._member(replace(held, revision=held.revision + 1, status="active")))
            said += [
                self._tell(replace(told, revision=told.revision + 2))
                for name, told in self.told.items()
                if name[0] == shop
            ]
        return said

    def standings(self) -> list[Said]:
        """Members lapse, leave, are in grace, are verified on another day or not at all, or were something else."""
        days: list[dict[str, Any]] = [{"verified": self.cutoff + timedelta(days=days)} for days in (-1, 0, 1, 31)]
        kinds: list[dict[str, Any]] = [{"kind": kind} for kind in ("business", "technician", "school")]
        changes: dict[str, Any] = self.chance.choice(
            [{"status": "lapsed"}, {"status": "left"}, {"status": "grace"}, {"verified": None}, *days, *kinds]
        )
        held = [self.members[shop] for shop in self.shops()]
        return [self._member(replace(member, revision=member.revision + 1, **changes)) for member in held]

    def comebacks(self) -> list[Said]:
        """Members who are away, all of them at once."""
        away = [member for member in self.members.values() if member.status in ("lapsed", "left")]
        return [self._member(replace(member, revision=member.revision + 1, status="active")) for member in away]

    def repeats(self) -> list[Said]:
        """What was said before, once more."""
        return [self.chance.choice(self.said) for _ in range(self.chance.choice(HOW_MANY))]

    def ties(self) -> list[Said]:
        """The revision that is there with another body; it is no newer, so it is not what the shop goes on from."""
        return [self._other(told, 200) for told in self.theirs()]

    def late(self) -> list[Said]:
        """A revision that was left out, after its successor."""
        said: list[Said] = []
        for told in self.theirs():
            said.append(self._tell(replace(told, revision=told.revision + 2)))
            said.append(replace(self._other(told, 300), revision=told.revision + 1))
        return said

    def _member(self, member: Member) -> Member:
        self.members[member.member] = member
        return member

    def _tell(self, told: Submission) -> Submission:
        self.told[_name(told)] = told
        return told

    def _other(self, told: Submission, more: int) -> Submission:
        return self.talk.another(self.chance, told, more)


def _name(told: Submission) -> tuple[str, str, str]:
    return told.member, told.measure, told.submission


def _events(market: Market) -> list[Said]:
    happens: Callable[[], list[Said]] = market.chance.choice(
        (
            market.joins, market.corrections, market.corrections, market.second_thoughts, market.second_thoughts,
            market.moves, market.new_dates, market.withdrawals, market.returns, market.standings, market.comebacks,
            market.repeats, market.ties, market.late,
        )
    )  # fmt: skip
    said = happens()
    market.said += said
    return said


def _stricter(rules: Rules, *, stricter: bool) -> Rules:
    return replace(rules, guards_old_versions=stricter, tells_unanimity=not stricter)


def _policies(chance: Random, measure: str, begins: date) -> list[Rules]:
    """One policy from that day on, and up to two that follow it."""
    finest = chance.choice(("metro", "metro", "state"))
    cap = chance.choice((25, 40))
    rounding = {"benefits": 50_00, "labor-rates": 1_00}.get(measure, 25)
    first = Rules(f"{measure}-1", measure, CONTRIBUTORS[measure], finest, begins, AGE, 24, 5, cap, rounding)
    coarser: dict[str, Any] = {"rounding": 4 * rounding} | (
        {"points": 10_00, "days": 5_00} if measure == "benefits" else {}
    )
    found = [_stricter(first, stricter=chance.random() < 0.3)]
    for number in range(2, 2 + chance.choice((0, 1, 1, 2))):
        last = found[-1]
        change: dict[str, Any] = chance.choice(
            (
                {"k": chance.choice((6, 7, 10))}, {"cap": chance.choice((20, 25, 50))}, coarser,
                {"window_months": chance.choice((6, 12, 36))}, {"age_days": chance.choice((60, 120))},
                {"guards_old_versions": not last.guards_old_versions, "tells_unanimity": last.guards_old_versions},
            )
        )  # fmt: skip
        since = FIRST_DAY + timedelta(days=chance.choice((1, 8, 32, 100, 200)))
        since = max(since, last.since + timedelta(days=1))
        found.append(replace(last, policy_id=f"{measure}-{number}", since=since, **change))
    return found


def draw(chance: Random) -> History:
    """One history: six to nine releases, sweeps in between."""
    measures = chance.choice(MEASURES)
    market = Market(chance, measures)
    # The last of several measures may be released later than the others, though it was collected all the while.
    late = FIRST_DAY + timedelta(days=chance.choice((1, 8, 40))) if chance.random() < 0.3 else LONG_AGO
    begins = {measure: late if measure != measures[0] else LONG_AGO for measure in measures}
    policies = [rules for measure in measures for rules in _policies(chance, measure, begins[measure])]
    day = FIRST_DAY
    said = market.open()
    market.said += said
    steps: list[Step] = []
    releases = 0
    wanted = chance.randrange(6, 10)
    while releases < wanted:
        for _ in range(chance.choice((0, 0, 1, 1, 2, 3)) if steps else 0):
            said = said + _events(market)
        kind = "release" if not steps or chance.random() < 0.8 else "sweep"
        restart = chance.choice(("", "", "", "", "", "stored", "rewound", "replayed"))
        if steps and chance.random() > 0.7:
            Random(chance.randrange(2**20)).shuffle(said)
        cut = chance.randrange(len(said) + 1)
        steps.append(Step((tuple(said[:cut]), tuple(said[cut:])), day, kind, restart))
        releases += kind == "release"
        said = []
        day += timedelta(days=chance.choice(DAYS_BETWEEN))
        market.cutoff = day - timedelta(days=AGE)
    return History(chance.randrange(2, 5), tuple(policies), tuple(steps))
