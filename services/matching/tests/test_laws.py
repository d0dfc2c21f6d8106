"""Laws of a whole market, whatever happens in whatever order: no offer oversold, no place taken twice, every need ends."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, multiple, rule
from matching.domain.candidates import has_room, nearest_first, suits
from matching.domain.capacity import period_of
from matching.domain.deadlines import offerer_answers_until, requester_answers_until
from matching.domain.errors import RuleBrokenError
from matching.domain.need import Need
from matching.domain.offer import Candidate, Offer
from matching.domain.outcome import Outcome
from matching.domain.progress import Step, next_step, places_left
from matching.domain.proposal import Proposal
from matching.domain.site import Point
from matching.domain.terms import Terms

TERMS = Terms()
START = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
DAYS = st.dates(date(2027, 1, 1), date(2027, 12, 31))


def point(east: int) -> Point:
    return Point(39.96, -76.73 + east / 100, "America/New_York")


class Market(RuleBasedStateMachine):
    """Needs, offers and proposals in memory, moved by the same rules as the service moves its rows."""

    needs = Bundle("needs")
    offers = Bundle("offers")
    proposals = Bundle("proposals")

    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.need: dict[str, Need] = {}
        self.candidate: dict[str, Candidate] = {}
        self.proposal: dict[str, Proposal] = {}
        self.promised: dict[str, int] = {}  # the most that an offer ever was good for, for those that were cut down

    @rule(
        target=needs, east=st.integers(0, 60), places=st.integers(1, 3), day=st.none() | DAYS, days=st.integers(1, 10)
    )
    def ask(self, east: int, places: int, day: date | None, days: int) -> str:
        need_id = f"n-{len(self.need)}"
        closes = self.now + timedelta(days=days)
        self.need[need_id] = Need(
            need_id, f"school-{east % 3}", 1, "mentor", "17401", point(east), closes, places=places, starts_on=day
        )
        self.advance()
        return need_id

    @rule(
        target=offers, east=st.integers(0, 60), capacity=st.integers(1, 3),
        period=st.sampled_from(["week", "month", "quarter", "year", "once", None]),
    )  # fmt: skip
    def offer(self, east: int, capacity: int, period: str | None) -> str:
        offer_id = f"o-{len(self.candidate)}"
        offer = Offer(offer_id, f"shop-{east % 4}", 1, "mentor", "17401", point(east), None, capacity, period)
        self.candidate[offer_id] = Candidate(offer, "active")
        self.promised[offer_id] = capacity
        self.advance()
        return offer_id

    @rule(
        offer_id=offers,
        fields=st.fixed_dictionaries({}, optional={"withdrawn": st.booleans()}),
        standing=st.sampled_from(["active", "grace", "lapsed"]),
    )
    def change_offer(self, offer_id: str, fields: dict[str, Any], standing: str) -> None:
        before = self.candidate[offer_id]
        self.candidate[offer_id] = Candidate(replace(before.offer, **fields), standing)
        self.advance()

    @rule(need_id=consumes(needs))
    def withdraw_need(self, need_id: str) -> None:
        if self.need[need_id].state == "open":
            self.need[need_id] = self.need[need_id].go_to("withdrawn")
        self.advance()

    @rule(target=proposals)
    def pick(self) -> Any:
        return multiple(*(p for p in self.proposal if self.proposal[p].holds))

    @rule(
        proposal_id=proposals,
        verb=st.sampled_from(["accept", "agree", "decline", "complete"]),
        by_offerer=st.booleans(),
    )
    def answer(self, proposal_id: str, verb: str, by_offerer: bool) -> None:
        before = self.proposal[proposal_id]
        by = before.offered_by if by_offerer else before.requested_by
        try:
            match verb:
                case "accept":
                    after = before.accept(by, self.now, requester_answers_until(self.now, TERMS))
                case "agree":
                    after = before.agree(by, self.now)
                case "decline":
                    after = before.decline(by, self.now)
                case _:
                    after = before.complete(by, self.now, Outcome())
        except RuleBrokenError:
            return
        assert after == before or after.revision == before.revision + 1
        self.proposal[proposal_id] = after
        self.advance()

    @rule(hours=st.integers(1, 100))
    def pass_time(self, hours: int) -> None:
        self.now += timedelta(hours=hours)
        self.advance()

    def taken(self, offer_id: str) -> Counter[date]:
        return Counter(p.day for p in self.proposal.values() if p.offer_id == offer_id and p.holds)

    def advance(self) -> None:
        """What the service does for every need that something may have changed for, until nothing changes any more."""
        changed = True
        while changed:
            changed = False
            for need_id in self.need:
                changed |= self.advance_one(need_id)

    def advance_one(self, need_id: str) -> bool:
        need = self.need[need_id]
        mine = {p.proposal_id: p for p in self.proposal.values() if p.need_id == need_id}
        for proposal in mine.values():
            stands = need.state != "withdrawn" and suits(need, self.candidate[proposal.offer_id], TERMS)
            after = proposal.expire(self.now) if stands else proposal.withdraw(self.now)
            if after != proposal:
                self.proposal[proposal.proposal_id] = after
                return True
        step = next_step(need, mine.values(), self.now)
        if step in (Step.FILL, Step.END):
            self.need[need_id] = need.go_to("filled" if step is Step.FILL else "ended")
            return True
        if step is not Step.ASK:
            return False
        asked = {p.offer_id for p in mine.values()}
        for candidate in nearest_first(need, self.candidate.values(), TERMS):
            offer = candidate.offer
            if offer.offer_id not in asked and has_room(offer, need, self.now, self.taken(offer.offer_id)):
                proposal = Proposal(
                    f"pr-{len(self.proposal)}", need_id, offer.offer_id, need.member_id, offer.member_id,
                    need.day(self.now), 1, offerer_answers_until(need, self.now, TERMS), self.now,
                )  # fmt: skip
                self.proposal[proposal.proposal_id] = proposal
                return True
        return False

    def in_force(self, **of: str) -> list[Proposal]:
        """By the states' names, so that a law does not lean on the rule that it is to hold up."""
        alive = [p for p in self.proposal.values() if p.state in ("proposed", "accepted", "agreed", "completed")]
        return [p for p in alive if all(getattr(p, name) == value for name, value in of.items())]

    @invariant()
    def no_offer_is_oversold(self) -> None:
        for offer_id, candidate in self.candidate.items():
            periods = Counter[tuple[date, date]]()
            for proposal in self.in_force(offer_id=offer_id):
                periods[period_of(candidate.offer.period, proposal.day)] += 1
            assert all(count <= self.promised[offer_id] for count in periods.values())

    @invariant()
    def no_need_has_more_alive_than_places(self) -> None:
        for need_id, need in self.need.items():
            assert len(self.in_force(need_id=need_id)) <= need.places

    @invariant()
    def nobody_is_asked_twice_for_the_same_or_asks_itself(self) -> None:
        pairs = [(p.need_id, p.offer_id) for p in self.proposal.values()]
        assert len(pairs) == len(set(pairs))
        assert all(p.requested_by != p.offered_by for p in self.proposal.values())

    @invariant()
    def whoever_can_be_served_is(self) -> None:
        """No open need has a place left while an offer that suits, was not asked and has room stands idle."""
        for need in self.need.values():
            mine = [p for p in self.proposal.values() if p.need_id == need.need_id]
            if need.state != "open" or not places_left(need, mine) or self.now >= need.closes_at:
                continue
            asked = {p.offer_id for p in mine}
            for candidate in nearest_first(need, self.candidate.values(), TERMS):
                offer = candidate.offer
                assert offer.offer_id in asked or not has_room(offer, need, self.now, self.taken(offer.offer_id))

    def teardown(self) -> None:
        """Time passes, nobody answers any more: every need comes to an outcome and nothing waits."""
        for _ in range(60):
            self.now += TERMS.answer_window
            self.advance()
        assert all(need.state != "open" for need in self.need.values())
        assert all(not p.awaits for p in self.proposal.values())
        for need in self.need.values():
            assert need.state != "filled" or len(self.in_force(need_id=need.need_id)) == need.places


Market.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestMarket = Market.TestCase
