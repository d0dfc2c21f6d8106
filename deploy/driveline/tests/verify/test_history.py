"""What an epoch's export holds after sweeps and withdrawals: numbers disappear from history, others stay."""

from driveline.verify.check import exported, swept
from driveline.verify.values import Shown

TEN = Shown("pay-2026", "5_9", {"p50": "10.00"}, {})
TWENTY = Shown("pay-2026", "5_9", {"p50": "20.00"}, {})


def test_a_sweep_keeps_old_numbers_and_takes_what_broke_rule_2() -> None:
    assert swept({"a": TEN, "b": TEN}, {"a": TWENTY, "c": TWENTY}) == {"a": TEN}


def test_a_withdrawn_cell_is_gone_from_every_epoch_before_its_withdrawal() -> None:
    first, second, third = {"a": TEN, "b": TEN}, {"a": TWENTY, "b": TEN, "c": TEN}, {"a": TWENTY, "c": TEN}
    assert exported([first, second, third]) == [{"a": TEN}, {"a": TWENTY, "c": TEN}, {"a": TWENTY, "c": TEN}]


def test_a_cell_that_came_later_is_not_missed_before() -> None:
    assert exported([{"a": TEN}, {"a": TEN, "b": TEN}]) == [{"a": TEN}, {"a": TEN, "b": TEN}]


def test_a_cell_that_came_back_shows_from_then_on_only() -> None:
    assert exported([{"a": TEN}, {}, {"a": TWENTY}]) == [{}, {}, {"a": TWENTY}]
