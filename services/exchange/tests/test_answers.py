"""An answer from what is shown: the body of its measure, the way up from what is asked, the official figure beside it."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from exchange.adapters.epochs import EpochRow
from exchange.adapters.released_cells import Shown
from exchange.usecases.read_benchmark import BadQuestion, Question, read_benchmark
from exchange_market import places

OFFICIAL = {"p10": "16.66", "p25": "18.70", "p50": "24.34", "p75": "33.86", "p90": "39.32"}
MEASURES = ("pay", "technician-pay", "benefits", "labor-rates")
RATE = {"percentiles": {"p50": "145.00"}, "intervals": {}, "contributors": "10_19"}


def shown(cells: dict[str, dict[str, Any]], measures: tuple[str, ...] = MEASURES) -> Shown:
    """Epoch 12 as it was released on 23 November, with these cells, all of them from there."""
    cutoffs = {m: "2026-05-27" if m == "labor-rates" else "2026-08-25" for m in measures}
    row = EpochRow(
        epoch=12, serial=0, released_at=datetime(2026, 11, 23, tzinfo=UTC), policies={m: f"{m}-2026" for m in measures}
    )
    bodies = {
        name: json.dumps({"policy_id": f"{name.partition('|')[0]}-2026", "since": 12, "body": body}).encode()
        for name, body in cells.items()
    }
    return Shown(row, bodies, {12: cutoffs})


def answer(measure: str, cells: dict[str, dict[str, Any]], **asked: str) -> dict[str, Any]:
    return read_benchmark(Question(measure, asked), shown(cells), places())


def test_benefits_answer_a_share_and_an_amount_in_place_of_percentiles() -> None:
    body = {"share": "65", "amount": {"unit": "days_year", "p50": "10"}, "contributors": "10_19"}
    said = answer("benefits", {"benefits|state:PA|*|*|pto_days": body}, benefit="pto_days", state="PA")
    official = said.pop("official")
    assert said == {
        "measure": "benefits",
        "asked": {"benefit": "pto_days", "state": "PA"},
        "answered": {"benefit": "pto_days", "state": "PA"},
        "status": "published",
        "epoch": 12,
        "serial": 0,
        "released_at": "2026-11-23T00:00:00Z",
        "policy_id": "benefits-2026",
        "share": "65",
        "amount": {"unit": "days_year", "p50": "10"},
        "contributors": "10_19",
        "window": ["2024-08-25", "2026-08-25"],
    }
    assert (official["soc"], official["nation"], official["state"]) == (
        "49-3023",
        OFFICIAL,
        {"area": "PA", "mean": "26.13"},
    )


def test_a_benefit_whose_share_and_amount_are_withheld_is_shown_all_the_same() -> None:
    cells = {"benefits|nation:US|*|*|health": {"contributors": "5_9"}}
    said = answer("benefits", cells, benefit="health")
    assert (said["status"], said["contributors"]) == ("published", "5_9")
    assert not {"share", "amount", "percentiles"} & set(said)


def test_of_labor_rates_the_window_is_that_of_their_own_cutoff_and_the_official_figure_is_pay() -> None:
    said = answer("labor-rates", {"labor-rates|state:PA|*|body": RATE}, kind="body", state="PA")
    assert (said["percentiles"], said["window"]) == ({"p50": "145.00"}, ["2024-05-27", "2026-05-27"])
    assert said["official"]["nation"] == OFFICIAL


def test_benefits_roll_up_by_size_then_shop_type_then_geography_and_never_to_another_benefit() -> None:
    asked = {"benefit": "health", "state": "PA", "metro": "49620", "shop_type": "specialty", "size": "3_5"}
    body = {"share": "65", "contributors": "5_9"}
    ways = [
        ("benefits|metro:PA:49620|specialty|3_5|health", asked),
        ("benefits|metro:PA:49620|specialty|*|health", {n: v for n, v in asked.items() if n != "size"}),
        ("benefits|metro:PA:49620|*|*|health", {"benefit": "health", "state": "PA", "metro": "49620"}),
        ("benefits|state:PA|*|*|health", {"benefit": "health", "state": "PA"}),
        ("benefits|division:Middle Atlantic|*|*|health", {"benefit": "health", "division": "Middle Atlantic"}),
        ("benefits|nation:US|*|*|health", {"benefit": "health"}),
    ]
    for n, (_, answered) in enumerate(ways):
        said = answer("benefits", {cell: body for cell, _ in ways[n:]}, **asked)
        assert said["answered"] == answered
        assert said["status"] == ("published" if n == 0 else "rolled_up")
    never = ("*|3_5|health", "specialty|3_5|dental", "*|*|dental")
    others = {f"benefits|{where}|{rest}": body for where in ("state:PA", "nation:US") for rest in never}
    withheld = answer("benefits", others, **asked)
    assert (withheld["status"], withheld["answered"], "share" in withheld) == ("withheld", None, False)
    assert withheld["official"]["nation"] == OFFICIAL


def test_a_labor_rate_of_a_metro_is_answered_by_its_state() -> None:
    cells = {"labor-rates|state:PA|*|body": RATE, "labor-rates|nation:US|*|body": RATE}
    said = answer("labor-rates", cells, kind="body", state="PA", metro="49620", shop_type="specialty")
    assert said["asked"] == {"kind": "body", "state": "PA", "metro": "49620", "shop_type": "specialty"}
    assert (said["status"], said["answered"]) == ("rolled_up", {"kind": "body", "state": "PA"})
    assert answer("labor-rates", cells, kind="diagnostic", state="PA")["status"] == "withheld"


def test_an_epoch_that_judged_nothing_of_a_measure_says_no_policy_of_it() -> None:
    said = read_benchmark(Question("benefits", {"benefit": "health"}), shown({}, MEASURES[:2]), places())
    assert (said["status"], "policy_id" in said, said["epoch"]) == ("withheld", False, 12)


@pytest.mark.parametrize("measure", ["benefits", "labor-rates"])
def test_all_benefits_or_kinds_together_are_no_question(measure: str) -> None:
    with pytest.raises(BadQuestion, match=r"^(benefit|kind): is missing, one of "):
        answer(measure, {})
