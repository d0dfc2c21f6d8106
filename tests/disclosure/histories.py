"""Histories drawn by chance: a small dense market, and what happens to it before each of six to nine epochs.

Whatever is drawn concerns neighbours, shops that share cells, and a handful of them at a time: numbers around k are
where rules 3 and 4 decide.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from random import Random
from typing import Any

from .said import Back, History, Member, Pay, Position, Rules, Said, Step

ZIPS = (
    "17350",
    "19103",
    "19103",
    "08102",
    "00601",
    "00901",
)  # a metro over two states; Puerto Rico without and with one
ROLES, SHOP_TYPES, EXPERIENCES = ("tech_a", "tech_b"), ("independent_repair", "quick_lube"), ("y2_4", "y5_9")
PLANS, SIZES, LEVELS = ("hourly", "flat_rate"), ("1_2", "3_5"), ("none", "some", "master")
FIRST_DAY = date(2026, 6, 1)
AGE = 90
CONTRIBUTORS = {"pay": "business", "technician-pay": "technician"}
DAYS_BETWEEN = (0, 1, 1, 7, 30, 91)
HOW_MANY = (1, 1, 2, 3, 4, 5, 6)


class Market:
    """The shops as they last were, and what each kind of event makes them say."""

    def __init__(self, chance: Random, measures: Sequence[str]) -> None:
        self.chance = chance
        self.measures = measures
        self.cutoff = FIRST_DAY - timedelta(days=AGE)
        self.members: dict[str, Member] = {}
        self.pays: dict[tuple[str, str, str], Pay] = {}  # by member, measure, submission
        self.first: dict[tuple[str, str, str], Pay] = {}
        self.said: list[Said] = []

    def open(self) -> list[Said]:
        """The market as it is before the first epoch, from one number: it is not what shrinking should look at."""
        chance, self.chance = self.chance, Random(self.chance.randrange(2**20))
        shops = self.chance.randrange(14, 30) * len(self.measures)
        opened = [said for _ in range(shops) for said in self.joins(once=True)]
        self.chance = chance
        return opened

    # -- who it happens to --------------------------------------------------------------------------------------

    def shops(self) -> list[str]:
        """A few neighbours."""
        names = sorted(self.members, key=lambda name: (int(name[1:]) % len(ZIPS), name))
        begin = self.chance.randrange(len(names))
        return names[begin : begin + self.chance.choice(HOW_MANY)]

    def their_pays(self) -> Iterator[Pay]:
        """The newest revisions of a few neighbours' submissions, all or one of each."""
        only_first = self.chance.random() < 0.5
        for shop in self.shops():
            names = [name for name in self.pays if name[0] == shop]
            yield from (self.pays[name] for name in (names[:1] if only_first else names))

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
            zip_code = ZIPS[int(name[1:]) % len(ZIPS)]
            shop_type, size = self.chance.choice(SHOP_TYPES), self.chance.choice(SIZES)
            for n in range(self.chance.choice((1, 1, 2, 3))):
                position = Position(
                    zip_code, self.chance.choice(ROLES), shop_type, self.chance.choice(EXPERIENCES),
                    self.chance.choice(PLANS), size, self.chance.choice(LEVELS),
                )  # fmt: skip
                effective = self.cutoff - timedelta(days=self.chance.randrange(300))
                pay = Pay(measure, name, f"p{n}", 1, effective, 100 * self.chance.randrange(18, 40), position)
                self.first[_name(pay)] = pay
                said.append(self._pay(pay))
        return said

    def corrections(self) -> list[Said]:
        """Another value, by the dollar: sometimes back to one that there was."""
        more = self.chance.choice((100, 100, -100, 37))
        return [self._pay(replace(pay, revision=pay.revision + 1, cents=pay.cents + more)) for pay in self.their_pays()]

    def second_thoughts(self) -> list[Said]:
        """All as it was at first."""
        return [self._pay(replace(self.first[_name(pay)], revision=pay.revision + 1)) for pay in self.their_pays()]

    def moves(self) -> list[Said]:
        """Another role, experience, plan or place."""
        field, codes = self.chance.choice(
            (("role", ROLES), ("experience", EXPERIENCES), ("plan", PLANS), ("credential_level", LEVELS), ("zip", ZIPS))
        )
        code = self.chance.choice(codes)
        return [
            self._pay(replace(p, revision=p.revision + 1, position=replace(p.position, **{field: code})))
            for p in self.their_pays()
        ]

    def new_dates(self) -> list[Said]:
        """Revisions that count from a later cutoff on, or that leave the window soon."""
        day = self.cutoff + timedelta(days=self.chance.choice((1, 2, 30, 31, 120, -200, -364, -365, -700, -729, -730)))
        raised = self.chance.choice((0, 100))
        return [
            self._pay(replace(p, revision=p.revision + 1, effective=day, cents=p.cents + raised))
            for p in self.their_pays()
        ]

    def withdrawals(self) -> list[Said]:
        """Withdrawals of the newest revision, or of one that is yet to come."""
        ahead = self.chance.choice((1, 1, 2))
        return [Back(pay.measure, pay.member, pay.submission, pay.revision + ahead) for pay in self.their_pays()]

    def returns(self) -> list[Said]:
        """The same once more, after withdrawals; and members who left or lapsed are there again."""
        said: list[Said] = []
        for shop in self.shops():
            held = self.members[shop]
            if held.status != "active":
                said.append(self._member(replace(held, revision=held.revision + 1, status="active")))
            said += [
                self._pay(replace(pay, revision=pay.revision + 2)) for name, pay in self.pays.items() if name[0] == shop
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
        return [replace(pay, cents=pay.cents + 200) for pay in self.their_pays()]

    def late(self) -> list[Said]:
        """A revision that was left out, after its successor."""
        said: list[Said] = []
        for pay in self.their_pays():
            said.append(self._pay(replace(pay, revision=pay.revision + 2)))
            said.append(replace(pay, revision=pay.revision + 1, cents=pay.cents + 300))
        return said

    def _member(self, member: Member) -> Member:
        self.members[member.member] = member
        return member

    def _pay(self, pay: Pay) -> Pay:
        self.pays[_name(pay)] = pay
        return pay


def _name(pay: Pay) -> tuple[str, str, str]:
    return pay.member, pay.measure, pay.submission


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


def _policies(chance: Random, measure: str) -> list[Rules]:
    """One policy from the beginning, and up to two that follow it."""
    finest = chance.choice(("metro", "metro", "state"))
    cap = chance.choice((25, 40))
    first = Rules(f"{measure}-1", measure, CONTRIBUTORS[measure], finest, date(2026, 1, 1), AGE, 24, 5, cap, 25)
    found = [replace(first, guards_old_versions=chance.random() < 0.3)]
    for number in range(2, 2 + chance.choice((0, 1, 1, 2))):
        last = found[-1]
        change: dict[str, Any] = chance.choice(
            (
                {"k": chance.choice((6, 7, 10))}, {"cap": chance.choice((20, 25, 50))}, {"rounding": 100},
                {"window_months": chance.choice((6, 12, 36))}, {"age_days": chance.choice((60, 120))},
                {"guards_old_versions": not last.guards_old_versions},
            )
        )  # fmt: skip
        since = FIRST_DAY + timedelta(days=chance.choice((1, 8, 32, 100, 200)))
        since = max(since, last.since + timedelta(days=1))
        found.append(replace(last, policy_id=f"{measure}-{number}", since=since, **change))
    return found


def draw(chance: Random) -> History:
    """One history: six to nine releases, sweeps in between."""
    measures = chance.choice((("pay",), ("pay",), ("pay",), ("pay", "technician-pay")))
    market = Market(chance, measures)
    policies = [rules for measure in measures for rules in _policies(chance, measure)]
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
