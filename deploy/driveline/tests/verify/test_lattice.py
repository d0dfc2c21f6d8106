"""Which cells an entry is counted in, and what is wider than a cell."""

from driveline.verify.lattice import cells, steps, wider
from driveline.verify.policies import POLICIES
from driveline.verify.records import read_benefit, read_labor_rate, read_pay

from .bodies import benefit_body, labor_rate_body, pay_body

PAY = POLICIES["pay-2026"]


def keys(policy: str = "pay-2026", **changed: object) -> list[str]:
    return list(cells(read_pay(pay_body(**changed), "pay"), POLICIES[policy]))


def test_an_entry_with_a_metro_is_in_56_cells_by_name() -> None:
    found = keys()
    assert len(set(found)) == len(found) == 56
    at_gettysburg = [key for key in found if key.startswith("pay|metro:PA:23900|")]
    assert sorted(at_gettysburg) == [
        "pay|metro:PA:23900|*|*|*|*",
        "pay|metro:PA:23900|*|*|*|credential_level=some",
        "pay|metro:PA:23900|*|*|*|plan=hourly",
        "pay|metro:PA:23900|*|*|*|size=3_5",
        "pay|metro:PA:23900|*|*|y5_9|*",
        "pay|metro:PA:23900|*|independent_repair|*|*",
        "pay|metro:PA:23900|*|independent_repair|y5_9|*",
        "pay|metro:PA:23900|tech_a|*|*|*",
        "pay|metro:PA:23900|tech_a|*|*|credential_level=some",
        "pay|metro:PA:23900|tech_a|*|*|plan=hourly",
        "pay|metro:PA:23900|tech_a|*|*|size=3_5",
        "pay|metro:PA:23900|tech_a|*|y5_9|*",
        "pay|metro:PA:23900|tech_a|independent_repair|*|*",
        "pay|metro:PA:23900|tech_a|independent_repair|y5_9|*",
    ]
    assert {key.split("|")[1] for key in found} == {
        "nation:US", "division:Middle Atlantic", "state:PA", "metro:PA:23900",
    }  # fmt: skip


def test_puerto_rico_has_no_division_and_this_zip_no_metro() -> None:
    assert {key.split("|")[1] for key in keys(zip="00601")} == {"nation:US", "state:PR"}


def test_a_metro_over_two_states_is_two_cells() -> None:
    camden, philadelphia = (
        next(key.split("|")[1] for key in keys(zip=code) if "metro" in key) for code in ("08102", "19103")
    )
    assert (camden, philadelphia) == ("metro:NJ:37980", "metro:PA:37980")


def test_technicians_pay_ends_at_the_state() -> None:
    found = keys("technician-pay-2026")
    assert len(found) == 42
    assert found[0].startswith("technician-pay|nation:US|")


def test_a_cell_in_puerto_rico_has_the_nation_one_step_above() -> None:
    assert dict(steps("pay|state:PR|tech_a|*|*|size=3_5")) == {
        "geography": "pay|nation:US|tech_a|*|*|size=3_5",
        "role": "pay|state:PR|*|*|*|size=3_5",
        "size": "pay|state:PR|tech_a|*|*|*",
    }


def test_each_state_has_its_own_part_of_a_metro() -> None:
    assert dict(steps("pay|metro:NJ:37980|*|quick_lube|y0_1|*")) == {
        "geography": "pay|state:NJ|*|quick_lube|y0_1|*",
        "shop_type": "pay|metro:NJ:37980|*|*|y0_1|*",
        "experience": "pay|metro:NJ:37980|*|quick_lube|*|*",
    }


def test_wider_is_what_steps_lead_to() -> None:
    assert set(wider("pay|state:PR|tech_a|*|*|plan=hourly")) == {
        "pay|nation:US|tech_a|*|*|plan=hourly",
        "pay|state:PR|*|*|*|plan=hourly",
        "pay|state:PR|tech_a|*|*|*",
        "pay|nation:US|*|*|*|plan=hourly",
        "pay|nation:US|tech_a|*|*|*",
        "pay|state:PR|*|*|*|*",
        "pay|nation:US|*|*|*|*",
    }
    assert len(list(wider("pay|metro:PA:23900|tech_a|independent_repair|y5_9|*"))) == 4 * 8 - 1
    assert list(wider("pay|nation:US|*|*|*|*")) == []


def test_an_answer_to_a_benefit_is_in_four_cells_of_each_geography() -> None:
    found = list(cells(read_benefit(benefit_body()), POLICIES["benefits-2026"]))
    assert len(set(found)) == len(found) == 16
    assert sorted(found)[4:8] == [
        "benefits|metro:PA:23900|*|*|health",
        "benefits|metro:PA:23900|*|3_5|health",
        "benefits|metro:PA:23900|independent_repair|*|health",
        "benefits|metro:PA:23900|independent_repair|3_5|health",
    ]


def test_a_labor_rate_is_in_two_cells_of_each_geography_down_to_the_state() -> None:
    assert list(cells(read_labor_rate(labor_rate_body()), POLICIES["labor-rates-2026"])) == [
        "labor-rates|nation:US|independent_repair|mechanical_door",
        "labor-rates|nation:US|*|mechanical_door",
        "labor-rates|division:Middle Atlantic|independent_repair|mechanical_door",
        "labor-rates|division:Middle Atlantic|*|mechanical_door",
        "labor-rates|state:PA|independent_repair|mechanical_door",
        "labor-rates|state:PA|*|mechanical_door",
    ]


def test_a_benefit_and_a_kind_are_never_left_open() -> None:
    assert dict(steps("benefits|state:PA|quick_lube|1_2|dental")) == {
        "geography": "benefits|division:Middle Atlantic|quick_lube|1_2|dental",
        "shop_type": "benefits|state:PA|*|1_2|dental",
        "size": "benefits|state:PA|quick_lube|*|dental",
    }
    assert set(wider("benefits|division:Middle Atlantic|*|1_2|dental")) == {
        "benefits|division:Middle Atlantic|*|*|dental",
        "benefits|nation:US|*|1_2|dental",
        "benefits|nation:US|*|*|dental",
    }
    assert dict(steps("labor-rates|state:PR|quick_lube|body")) == {
        "geography": "labor-rates|nation:US|quick_lube|body",
        "shop_type": "labor-rates|state:PR|*|body",
    }
    assert set(wider("labor-rates|state:PR|quick_lube|body")) == {
        "labor-rates|state:PR|*|body",
        "labor-rates|nation:US|quick_lube|body",
        "labor-rates|nation:US|*|body",
    }
    assert list(wider("labor-rates|nation:US|*|body")) == []
