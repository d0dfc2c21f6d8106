"""Which cells an entry is counted in."""

from driveline.verify.lattice import cells
from driveline.verify.policies import POLICIES
from driveline.verify.records import read_pay

from .bodies import pay_body

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
