"""A first epoch recomputed: by hand for a handful of shops, and in good time for a market of 30,000 entries."""

import random
from datetime import date
from time import process_time

from driveline.demo.draw import positions
from driveline.demo.market import real_shops, synthetic_shops
from driveline.verify.geography import geographies
from driveline.verify.judging import judge
from driveline.verify.policies import POLICIES
from driveline.verify.recompute import recompute
from driveline.verify.records import Fact, Member, Pay, read_member, read_pay
from driveline.verify.values import Shown

from .bodies import member_body, pay_body

PAY = POLICIES["pay-2026"]
CUTOFF = date(2026, 8, 25)


def market(**by_shop: str) -> list[Fact]:
    """Shops by name with the rate each pays its one technician."""
    facts: list[Fact] = []
    for shop, rate in by_shop.items():
        facts.append(read_member(member_body(member_id=shop)))
        facts.append(read_pay(pay_body(member_id=shop, rate=rate), "pay"))
    return facts


def shown_first(facts: list[Fact]) -> dict[str, Shown]:
    """What a first release shows of them."""
    return judge({}, recompute(facts, PAY, CUTOFF).cells, PAY, 1).shown


def test_five_equal_shops_open_the_56_cells_they_share_and_no_other() -> None:
    facts = market(a="20.00", b="22.00", c="24.00", d="26.37", e="30.00")
    assert recompute(facts, PAY, CUTOFF).standing == 5
    shown = shown_first(facts)
    assert len(shown) == 56
    assert {cell.percentiles["p50"] for cell in shown.values()} == {"24.00"}


def test_a_fifth_shop_elsewhere_opens_only_the_cells_above_both() -> None:
    facts = market(a="20.00", b="22.00", c="24.00", d="26.37")
    facts += [
        read_member(member_body(member_id="e")),
        read_pay(pay_body(member_id="e", rate="30.00", zip="15222", role="tech_b"), "pay"),  # Pittsburgh
    ]
    shown = shown_first(facts)
    # no metro, no role: shop type and experience each given or open, and each of the three others
    assert len(shown) == 3 * (4 + 3)
    assert {cell.split("|")[1] for cell in shown} == {"nation:US", "division:Middle Atlantic", "state:PA"}
    assert {cell.split("|")[2] for cell in shown} == {"*"}


def test_two_entries_of_one_shop_are_one_contributor() -> None:
    facts = market(a="20.00", b="22.00", c="24.00", d="26.37")
    facts.append(read_pay(pay_body(member_id="d", submission_id="second", rate="30.00"), "pay"))
    assert shown_first(facts) == {}


def test_thirty_thousand_entries_take_less_than_twenty_seconds_of_the_processor() -> None:
    drawn = list(positions(real_shops(1) + synthetic_shops(1), 1))
    chance = random.Random(1)
    drawn += chance.choices(drawn, k=30_000 - len(drawn))
    facts: list[Fact] = [
        Member(ref, 1, "", "business", "active", date(2026, 1, 1)) for ref in {p.shop.ref for p in drawn}
    ]
    facts += [
        Pay(
            "pay", p.shop.ref, str(number), 1, "", date(2026, 1, 1), p.cents, p.shop.zip, p.role, p.shop.shop_type,
            p.experience, "hourly", p.shop.size, "some" if p.credentials else "none",
        )
        for number, p in enumerate(drawn)
    ]  # fmt: skip
    geographies("17350", "metro")
    begun = process_time()
    contents = recompute(facts, PAY, CUTOFF)
    memory, shown = judge({}, contents.cells, PAY, 1)
    assert contents.standing == 30_000
    assert len(shown) > 8_000
    assert judge(memory, contents.cells, PAY, 2).shown == shown
    assert process_time() - begun < 20
