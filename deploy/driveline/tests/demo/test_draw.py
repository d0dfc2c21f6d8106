"""What is drawn comes from the official percentiles, and every plan spells exactly what was drawn."""

import random
from collections import Counter
from statistics import quantiles

import pytest
from contracts.vocabulary import EXPERIENCES, PAY_PLANS, RATE_UNIT, ROLES
from driveline.demo import draw, sources
from driveline.demo.draw import AUTOMOTIVE, BODY, DIESEL, pay_at, positions
from driveline.demo.market import Shop, real_shops, synthetic_shops
from driveline.demo.pay_plans import MIX, inputs, plan_for
from driveline.verify.effective import hourly_cents
from driveline.verify.records import read_pay
from hypothesis import given
from hypothesis import strategies as st


def test_official_percentiles_come_back_at_their_points() -> None:
    occupation = sources.official()[AUTOMOTIVE]
    assert [pay_at(p, occupation) for p in (0.10, 0.25, 0.50, 0.75, 0.90)] == [16.66, 18.70, 24.34, 33.86, 39.32]
    assert pay_at(0.375, occupation) == pytest.approx((18.70 + 24.34) / 2)
    assert pay_at(0.0, occupation) == pytest.approx(0.82 * 16.66)
    assert pay_at(1.0, occupation) == pytest.approx(1.22 * 39.32)


def test_a_large_market_in_the_mean_state_has_the_official_percentiles() -> None:
    shops = [Shop(f"x:{n}", "", "", "US", "17350", "independent_repair", "3_5", 4) for n in range(15_000)]
    drawn = sorted(position.cents for position in positions(shops, 3))
    found = quantiles(drawn, n=20, method="inclusive")
    assert [found[i] / 100 for i in (1, 4, 9, 14, 17)] == pytest.approx([16.66, 18.70, 24.34, 33.86, 39.32], rel=0.02)


def test_states_are_scaled_by_their_mean() -> None:
    def median(state: str) -> float:
        shops = [Shop(f"x:{n}", "", "", state, "17350", "independent_repair", "3_5", 4) for n in range(3000)]
        return quantiles([p.cents for p in positions(shops, 3)], n=2)[0]

    assert median("WA") / median("WV") == pytest.approx(30.03 / 21.19, rel=0.001)


def test_the_demo_market_is_large_enough_and_each_occupation_in_its_own_shops() -> None:
    drawn = list(positions(real_shops(1) + synthetic_shops(1), 1))
    assert len(drawn) > 20_000
    assert {p.soc for p in drawn if p.shop.shop_type == "independent_repair"} == {AUTOMOTIVE}
    assert {p.soc for p in drawn if p.shop.shop_type == "independent_collision"} == {BODY}
    assert {p.soc for p in drawn if p.shop.shop_type == "truck_dealer"} == {DIESEL}
    assert {p.role for p in drawn} <= set(ROLES)
    assert {p.experience for p in drawn} == set(EXPERIENCES)
    assert all(p.role in draw.ROLES[p.soc] for p in drawn)
    by_role = {role: [p.cents for p in drawn if p.role == role] for role in ("lube_tech", "tech_b", "master_tech")}
    medians = [quantiles(cents, n=2)[0] for cents in by_role.values()]
    assert medians == sorted(medians)
    assert list(positions(real_shops(1)[:9], 1)) == list(positions(real_shops(1)[:9], 1))


@given(st.sampled_from(PAY_PLANS), st.integers(900, 9000), st.integers(0, 10_000))
def test_every_plan_comes_to_the_drawn_figure_to_the_cent(plan: str, cents: int, seed: int) -> None:
    told = inputs(plan, cents, random.Random(seed))
    assert told["rate_unit"] == RATE_UNIT[plan]
    assert hourly_cents(told) == cents


def test_the_entry_made_of_it_is_a_valid_one() -> None:
    told = inputs("hybrid_greater_of", 2345, random.Random(1))
    body = {
        "submission_id": "s", "revision": 1, "member_id": "m", "role": "tech_b", "experience": "y5_9", "zip": "17350",
        "shop_type": "independent_repair", "size": "3_5", "effective_on": "2026-01-01", **told,
    }  # fmt: skip
    assert read_pay(body, "pay").cents == 2345


def test_plans_follow_the_shop_type_and_all_of_them_occur() -> None:
    chance = random.Random(1)
    used = {kind: Counter(plan_for(kind, chance) for _ in range(2000)) for kind in MIX}
    assert used["dealership_service"].most_common(1)[0][0] == "flat_rate"
    assert used["independent_repair"].most_common(1)[0][0] == "hourly"
    assert {plan for counts in used.values() for plan in counts} == set(PAY_PLANS)
