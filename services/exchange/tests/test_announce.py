"""What is said of a cell is spelled once: as the contract would spell it, and the same for the same numbers."""

import json

import numpy as np
import pytest
from contracts.exchange import BenchmarkPublished, BenchmarkWithdrawn
from exchange.adapters.epochs import Change, EpochRow
from exchange.domain.disclosure import Summary, figures, summarised
from exchange.domain.lattice import texts, unpack
from exchange.domain.policy import POLICIES
from exchange.usecases.announce import published, spelled, withdrawn
from exchange_market import places
from exchange_rules import contents

CELL = "pay|metro:PA:49620|tech_a|independent_repair|y5_9|*"
EPOCH = EpochRow(epoch=3, serial=0)


def of_shops(count: int) -> str:
    """The body of a cell to which so many shops add one entry each, a dollar apart."""
    return spelled(summarised([contents([(shop, 2000 + 100 * shop) for shop in range(count)])], POLICIES["pay-2026"]))[
        0
    ]


def test_equal_numbers_are_equal_text() -> None:
    assert of_shops(5) == '{"intervals":{},"percentiles":{"p50":"22.00"},"contributors":"5_9"}'
    assert of_shops(12) == (
        '{"intervals":{"p50":["22.00","29.00"]},"percentiles":{"p25":"22.75","p50":"25.50","p75":"28.25"},'
        '"contributors":"10_19"}'
    )


@pytest.mark.parametrize("shops", [5, 12, 30, 60])
def test_the_text_says_what_the_figures_say(shops: int) -> None:
    (figure,) = figures([contents([(shop, 2000 + 100 * shop) for shop in range(shops)])], POLICIES["pay-2026"])
    said = json.loads(of_shops(shops))
    assert {name: round(float(dollars) * 100) for name, dollars in said["percentiles"].items()} == figure.percentiles
    assert {
        name: (round(float(low) * 100), round(float(high) * 100)) for name, (low, high) in said["intervals"].items()
    } == figure.intervals
    assert said["contributors"] == figure.contributors


def test_a_cent_is_two_digits() -> None:
    one = Summary(np.array([[-1, -1, 2205, -1, -1]]), np.full((1, 5, 2), -1), np.array([0]))
    assert json.loads(spelled(one)[0])["percentiles"] == {"p50": "22.05"}


@pytest.mark.parametrize("shops", [5, 12, 30, 60])
@pytest.mark.parametrize("before", [None, 5, 60])
def test_an_event_is_spelled_as_the_contract_spells_it(shops: int, before: int | None) -> None:
    held = None if before is None else of_shops(before)
    fields = json.loads(of_shops(shops)) | {"cell": CELL, "epoch": 3, "serial": 0, "policy_id": "pay-2026"}
    if held is not None:
        fields["previous"] = json.loads(held)["percentiles"]
    wanted = BenchmarkPublished.model_validate(fields).canonical()
    assert published(EPOCH, Change(CELL, "pay-2026", of_shops(shops), held)) == wanted


OF_BENEFITS = (
    '{"contributors":"5_9"}',
    '{"share":"65","contributors":"20_49"}',
    '{"share":"70","amount":{"unit":"usd_year","p50":"450.00"},"contributors":"20_49"}',
)


@pytest.mark.parametrize("now", OF_BENEFITS)
@pytest.mark.parametrize("before", [None, *OF_BENEFITS])
def test_an_event_of_benefits_tells_the_share_and_amount_shown_before(now: str, before: str | None) -> None:
    cell = "benefits|state:PA|*|*|tool_allowance_year"
    held = json.loads(before or "{}")
    fields = json.loads(now) | {"cell": cell, "epoch": 3, "serial": 0, "policy_id": "benefits-2026"}
    fields |= {f"previous_{name}": held[name] for name in ("share", "amount") if name in held}
    wanted = BenchmarkPublished.model_validate(fields).canonical()
    assert published(EPOCH, Change(cell, "benefits-2026", now, before)) == wanted


def test_a_withdrawal_is_spelled_as_the_contract_spells_it() -> None:
    assert withdrawn(EPOCH, CELL) == BenchmarkWithdrawn(cell=CELL, epoch=3, serial=0).canonical()


def test_all_keys_as_text_are_each_key_as_text() -> None:
    keys = np.array([0, 1 << 14, 3 << 20 | 2 << 14 | 4 << 9 | 2 << 6, 1 << 20 | 1 << 4 | 2, 2 << 4 | 1])
    geography = places()
    each = [unpack("pay", int(key), geography).text() for key in keys]
    assert texts("pay", keys, geography) == each
