"""What the exchange and its peer are held to must itself be right."""

import json

import numpy as np
from contracts.codec import decode_kafka
from contracts.exchange import PaySubmitted
from contracts.vocabulary import EXPERIENCES, PAY_PLANS, ROLES, SHOP_TYPES
from driveline_bench.market import History, shops, submitted
from driveline_bench.truth import CELL, Truth, cents_of, difference, joined_cells, key_of

OWNER = {
    "member_id": "shop-1", "role": "tech_a", "experience": "y5_9", "shop_type": "independent_repair", "size": "3_5",
    "zip": "17350", "plan": "hourly", "rate": "30.00", "rate_unit": "clock_hour", "hours_clocked": "40",
    "weekly_extra": "0", "annual_bonus": "0", "credentials": [],
}  # fmt: skip


def cell(cells: np.ndarray, *, role: str | None = None, plan: str | None = None) -> tuple[int, ...]:
    """Contributors, entries, largest and cents of a cell of the nation."""
    truth = Truth()
    facet = (1, PAY_PLANS.index(plan) + 1) if plan else (0, 0)
    key = key_of(truth.names.index("nation:US"), ROLES.index(role) + 1 if role else 0, 0, 0, *facet)
    (found,) = cells[cells["key"] == key]
    return tuple(int(found[name]) for name in ("contributors", "entries", "largest", "cents"))


def test_its_pay_is_the_contracts_for_every_plan() -> None:
    plans = set()
    for _, value, headers in submitted(shops(20), 400):
        event = PaySubmitted.model_validate(json.loads(decode_kafka(headers, value).data))
        plans.add(event.plan)
        assert cents_of(json.loads(value)) == event.effective_cents()
    assert plans == set(PAY_PLANS)


def test_an_entry_with_a_metro_is_in_56_cells_and_a_correction_leaves_nothing_behind() -> None:
    truth = Truth()
    truth.told(0, OWNER)
    truth.told(0, OWNER | {"rate": "32.50", "plan": "hourly_plus_production_bonus"})
    cells = truth.cells()
    assert len(cells) == 56
    assert cell(cells) == (1, 1, 1, 3250)
    assert cell(cells, plan="hourly_plus_production_bonus") == (1, 1, 1, 3250)
    assert not np.isin(key_of(truth.names.index("nation:US"), 0, 0, 0, 1, PAY_PLANS.index("hourly") + 1), cells["key"])


def test_contributors_and_the_largest_of_them_are_counted_over_entries() -> None:
    truth = Truth()
    truth.told(0, OWNER)
    truth.told(1, OWNER | {"rate": "31.00"})
    truth.told(2, OWNER | {"rate": "40.00", "member_id": "shop-2"})
    truth.told(3, OWNER | {"rate": "20.00", "member_id": "shop-2", "role": "painter"})
    cells = truth.cells()
    assert cell(cells) == (2, 4, 2, 12100)
    assert cell(cells, role="tech_a") == (2, 3, 2, 10100)
    assert cell(cells, role="painter") == (1, 1, 1, 2000)


def test_shards_add_up_and_a_difference_is_found() -> None:
    one = np.array([(7, 1, 2, 2, 5000), (9, 3, 3, 1, 9000)], CELL)
    other = np.array([(3, 1, 1, 1, 1000), (7, 2, 4, 3, 8000)], CELL)
    together = joined_cells(np.concatenate([one, other]))
    assert together.tolist() == [(3, 1, 1, 1, 1000), (7, 3, 6, 3, 13000), (9, 3, 3, 1, 9000)]
    assert difference(together, together) is None
    wrong = together.copy()
    wrong["cents"][2] -= 1
    assert difference(wrong, together) == (
        "1 cells differ in cents, the first is (9, 3, 3, 1, 8999), expected (9, 3, 3, 1, 9000)"
    )
    assert difference(together[:2], together) == "2 cells, expected 3"


def test_keys_of_different_cells_differ() -> None:
    widest = key_of(1000, len(ROLES), len(SHOP_TYPES), len(EXPERIENCES), 3, 15)
    assert widest < 1 << 39  # a contributor's number goes below it in 64 bits
    assert key_of(1, 0, 0, 0, 0, 0) > key_of(0, len(ROLES), len(SHOP_TYPES), len(EXPERIENCES), 3, 15)


def test_a_market_that_goes_on_corrects_what_was_there() -> None:
    history: History = []
    list(submitted(shops(5), 10, 0.0, history=history))
    bodies = [json.loads(value) for _, value, _ in submitted(shops(5), 4, 1.0, seed=3, history=history)]
    assert len(history) == 10
    assert all(body["revision"] > 1 for body in bodies)
    assert {body["submission_id"] for body in bodies} <= {submission for _, submission, _ in history}
