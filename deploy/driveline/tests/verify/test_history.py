"""Epochs in a row, each by its own manifest; and what their exports hold after withdrawals."""

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from driveline.verify.facts import WRONG_PARTITION, Facts, gather
from driveline.verify.history import Epoch, exported, replay
from driveline.verify.log import Record
from driveline.verify.manifests import Manifest
from driveline.verify.partitions import partition_of
from driveline.verify.policies import POLICIES
from driveline.verify.records import Fact, Withdrawal, read_benefit, read_labor_rate, read_member, read_pay
from driveline.verify.values import Shown

from .bodies import benefit_body, labor_rate_body, member_body, pay_body

TEN = Shown("pay-2026", "5_9", {"p50": "10.00"}, {})
TWENTY = Shown("pay-2026", "5_9", {"p50": "20.00"}, {})
STATE = "pay|state:PA|*|*|*|*"
PAY = POLICIES["pay-2026"]
SHOPS = ("a", "b", "c", "d", "e", "f")


def test_a_withdrawn_cell_is_gone_from_every_epoch_before_its_withdrawal() -> None:
    first, second, third = {"a": TEN, "b": TEN}, {"a": TWENTY, "b": TEN, "c": TEN}, {"a": TWENTY, "c": TEN}
    assert exported([first, second, third]) == [{"a": TEN}, {"a": TWENTY, "c": TEN}, {"a": TWENTY, "c": TEN}]


def test_a_cell_that_came_later_is_not_missed_before() -> None:
    assert exported([{"a": TEN}, {"a": TEN, "b": TEN}]) == [{"a": TEN}, {"a": TEN, "b": TEN}]


def test_a_cell_that_came_back_shows_from_then_on_only() -> None:
    assert exported([{"a": TEN}, {}, {"a": TEN}]) == [{}, {}, {"a": TEN}]


def shop(name: str, rate: str, revision: int = 1, **changed: object) -> list[Fact]:
    body = pay_body(member_id=name, submission_id="s", revision=revision, rate=rate, **changed)
    return [read_member(member_body(member_id=name)), read_pay(body, "pay")]


def on_log(facts: Iterable[Fact], partitions: int = 1) -> Facts:
    """One topic's log, every fact in its own partition."""
    log = Facts()
    for fact in facts:
        partition = partition_of(fact.member_id, partitions)
        held = log.placed.setdefault(("t", partition), [])
        held.append((len(held), fact))
    return log


SIX_SHOPS = [fact for name, rate in zip(SHOPS, range(20, 32, 2), strict=True) for fact in shop(name, f"{rate}.00")]


def manifest(epoch: int, upto: int, serial: int = 0, **changed: object) -> Manifest:
    plain = Manifest(
        epoch, serial, "sweep" if serial else "release", {"pay": "pay-2026"}, {"pay": date(2026, 8, 25)},
        {"t": {0: upto}}, 1, date(2026, 11, 23),
    )  # fmt: skip
    return replace(plain, **changed)  # type: ignore[arg-type]


def in_state(epochs: list[Epoch]) -> list[tuple[str, str] | None]:
    """What the state of Pennsylvania shows, epoch by epoch."""
    shown = [epoch.shown.get(STATE) for epoch in epochs]
    return [values and (values.policy_id, values.percentiles["p50"]) for values in shown]


def test_each_epoch_counts_what_lies_below_its_offsets() -> None:
    facts = SIX_SHOPS + [fact for name in SHOPS[:5] for fact in shop(name, "40.00", 2)]
    epochs = replay([manifest(1, 10), manifest(2, 12), manifest(3, 14), manifest(4, 22)], on_log(facts), POLICIES)
    assert [epoch.standing for epoch in epochs] == [5, 6, 6, 6]
    # five shops; a sixth is one change; a's second revision the second; then five have changed since
    assert in_state(epochs) == [("pay-2026", "24.00")] * 3 + [("pay-2026", "40.00")]


def test_a_sweep_withdraws_and_a_release_brings_back() -> None:
    facts = [*SIX_SHOPS, Withdrawal("pay", "f", "s", 2), Withdrawal("pay", "e", "s", 2)]
    facts += [*shop("f", "30.00", 3), *shop("e", "28.00", 3)]
    swept = replay([manifest(1, 12), manifest(1, 14, 1), manifest(2, 18)], on_log(facts), POLICIES)
    assert in_state(swept) == [("pay-2026", "25.00"), None, ("pay-2026", "25.00")]


def test_each_release_is_judged_by_the_policy_that_its_manifest_names() -> None:
    policies = {"pay-2026": PAY, "pay-2027": replace(PAY, policy_id="pay-2027", rounding=500)}
    facts = SIX_SHOPS + [fact for name in SHOPS[:5] for fact in shop(name, "42.00", 2)]
    manifests = [
        manifest(1, 12),
        manifest(2, 12, policies={"pay": "pay-2027"}),
        manifest(3, 22, policies={"pay": "pay-2027"}),
    ]
    assert in_state(replay(manifests, on_log(facts), policies)) == [
        ("pay-2026", "25.00"), ("pay-2026", "25.00"), ("pay-2027", "40.00"),
    ]  # fmt: skip


def test_a_cutoff_that_moves_brings_entries_in_and_the_window_takes_them_out() -> None:
    facts = [*SIX_SHOPS[:8], *shop("e", "28.00", effective_on="2026-09-30")]
    cutoffs = ["2026-09-29", "2026-09-30", "2028-06-29", "2028-06-30"]
    manifests = [manifest(epoch, 10, cutoffs={"pay": date.fromisoformat(day)}) for epoch, day in enumerate(cutoffs, 1)]
    assert [epoch.standing for epoch in replay(manifests, on_log(facts), POLICIES)] == [4, 5, 5, 1]


def test_measures_are_judged_apart() -> None:
    technicians = [f"t{number}" for number in range(10)]
    facts = list(SIX_SHOPS)
    for name in technicians:
        body = pay_body(member_id=name, rate="30.00")
        facts += [
            read_member(member_body(member_id=name, kind="technician", name=None, address=None)),
            read_pay(body, "technician-pay"),
        ]
    both = {
        "policies": {"pay": "pay-2026", "technician-pay": "technician-pay-2026"},
        "cutoffs": {"pay": date(2026, 8, 25), "technician-pay": date(2026, 8, 25)},
    }
    epoch, _ = replay([manifest(1, 32, **both), manifest(2, 32)], on_log(facts), POLICIES)
    assert epoch.standing == 16
    assert (epoch.shown[STATE].percentiles["p50"], len(epoch.shown)) == ("25.00", 56 + 42)
    assert epoch.shown["technician-pay|state:PA|*|*|*|*"].percentiles["p50"] == "30.00"


def test_a_measure_may_begin_at_a_later_epoch_and_counts_what_was_said_before() -> None:
    shops = [f"s{number}" for number in range(10)]
    facts: list[Fact] = []
    for number, name in enumerate(shops):
        facts += [
            read_member(member_body(member_id=name)),
            read_benefit(benefit_body(member_id=name, amount=f"{50 + 5 * number}")),
            read_labor_rate(labor_rate_body(member_id=name, posted_rate=f"{130 + number}.00")),
        ]
    all_three: dict[str, Any] = {
        "policies": {"pay": "pay-2026", "benefits": "benefits-2026", "labor-rates": "labor-rates-2026"},
        "cutoffs": {"pay": date(2026, 8, 25), "benefits": date(2026, 8, 25), "labor-rates": date(2026, 6, 30)},
    }
    before, after = replay([manifest(1, 30), manifest(2, 30, **all_three)], on_log(facts), POLICIES)
    assert (before.shown, before.standing, before.left_out) == ({}, 0, {})
    assert (len(after.shown), after.standing, after.left_out) == (16 + 6, 20, {})
    # 50, 55 ... 95: the median is 72.5
    assert after.shown["benefits|metro:PA:23900|*|3_5|health"] == Shown(
        "benefits-2026", "10_19", {}, {}, "100", ("percent_paid_by_employer", "75")
    )
    # 130 to 139: 132.25, 134.5, 136.75; the interval's ends are 131 and 138
    assert after.shown["labor-rates|state:PA|*|mechanical_door"] == Shown(
        "labor-rates-2026", "10_19", {"p25": "132.00", "p50": "135.00", "p75": "137.00"}, {"p50": ("131.00", "138.00")}
    )


def test_after_an_unknown_policy_a_measure_cannot_be_recomputed_any_more() -> None:
    manifests = [manifest(1, 12), manifest(2, 12, policies={"pay": "pay-2099"}), manifest(3, 12)]
    epochs = replay(manifests, on_log(SIX_SHOPS), POLICIES)
    assert [epoch.left_out for epoch in epochs] == [
        {}, {"pay": "pay under pay-2099 (release)"}, {"pay": "pay under pay-2026 (release)"},
    ]  # fmt: skip
    assert [len(epoch.shown) for epoch in epochs] == [56, 0, 0]


@pytest.mark.parametrize("published_again", [False, True])
def test_the_home_of_a_record_is_the_partition_that_the_manifest_of_the_day_gives_it(published_again: bool) -> None:
    log = on_log(SIX_SHOPS, 2)
    if published_again:
        for partition, facts in on_log(SIX_SHOPS, 3).placed.items():
            held = log.placed.setdefault(partition, [])
            held += [(len(held) + offset, fact) for offset, fact in facts]
    ends = {partition: len(facts) for (_, partition), facts in log.placed.items()}
    two = {"t": {partition: sum(partition_of(f.member_id, 2) == partition for f in SIX_SHOPS) for partition in (0, 1)}}
    manifests = [manifest(1, 0, offsets=two, partitions=2), manifest(2, 0, offsets={"t": ends}, partitions=3)]
    before, after = replay(manifests, log, POLICIES)
    stay_where_they_were = [name for name in SHOPS if partition_of(name, 2) == partition_of(name, 3)]
    assert before.standing == 6
    assert after.standing == (6 if published_again else len(stay_where_they_were))
    assert len(stay_where_they_were) < 6


def test_a_record_is_a_stray_when_no_number_of_partitions_ever_put_it_there() -> None:
    names = {"specversion": "1.0", "id": "e", "source": "t", "type": "driveline.pay.submitted.v1"}
    headers = tuple((f"ce_{name}", text.encode()) for name, text in names.items())
    value = json.dumps(pay_body(member_id="a")).encode()
    homes = {partition_of("a", 2), partition_of("a", 3)}
    records = [Record("pay.submitted", partition, 0, headers, value) for partition in range(3)]
    log = gather(records, {2, 3})
    assert {partition for _, partition in log.placed} == homes
    assert log.nothing == {f"pay.submitted: {WRONG_PARTITION}": 3 - len(homes)}


def test_a_partition_that_a_manifest_does_not_list_does_not_count_for_it() -> None:
    log = on_log(SIX_SHOPS, 3)
    assert log.below({"t": {0: 99, 1: 99, 2: 99}}, 3) == [f for facts in log.placed.values() for _, f in facts]
    assert {partition_of(fact.member_id, 3) for fact in log.below({"t": {0: 99, 1: 99}}, 3)} == {0, 1}
    assert log.below({"t": {0: 99, 1: 99, 2: 99}}, 5) == [
        fact for (_, p), facts in log.placed.items() for _, fact in facts if partition_of(fact.member_id, 5) == p
    ]
