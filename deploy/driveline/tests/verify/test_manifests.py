"""Manifests from the log: read, put in order, and what they may not say."""

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from driveline.commands.up import Line
from driveline.verify.effective import Nothing
from driveline.verify.log import Record
from driveline.verify.manifests import disorders, read_manifests
from driveline.verify.policies import POLICIES, in_force


def manifest(epoch: int, **changed: Any) -> dict[str, Any]:
    body = {
        "epoch": epoch, "serial": 0, "kind": "release", "policies": {"pay": "pay-2026"}, "cutoffs": {"pay": "2026-08-25"},
        "offsets": {"pay.submitted": {"0": 10, "1": 20}}, "partitions": 2, "released_at": "2026-11-23T00:00:00Z",
    }  # fmt: skip
    return body | changed


def on_log(*bodies: Any) -> list[Record]:
    names = {"specversion": "1.0", "id": "e", "source": "driveline/exchange", "type": "driveline.exchange.epoch.v1"}
    headers = tuple((f"ce_{name}", text.encode()) for name, text in names.items())
    return [Record("exchange.epoch", 0, n, headers, json.dumps(body).encode()) for n, body in enumerate(bodies)]


def test_manifests_are_read_once_and_in_order() -> None:
    second, first = manifest(2), manifest(1)
    found = read_manifests(on_log(second, first, second))
    assert [m.name for m in found] == ["1.0", "2.0"]
    assert found[0].cutoffs == {"pay": date(2026, 8, 25)}
    assert found[0].offsets == {"pay.submitted": {0: 10, 1: 20}}
    assert disorders(found) == []


def test_two_stories_of_one_epoch_are_no_manifest() -> None:
    with pytest.raises(Nothing, match=r"two stories of epoch 1\.0"):
        read_manifests(on_log(manifest(1), manifest(1, cutoffs={"pay": "2026-08-24"})))


@pytest.mark.parametrize("body", [{}, [], manifest(1, offsets=None), manifest(1, released_at="today")])
def test_what_is_not_a_manifest_says_where_it_lies(body: Any) -> None:
    with pytest.raises(Nothing, match=r"exchange\.epoch/0 offset 0 is not a manifest"):
        read_manifests(on_log(body))


def test_an_offset_that_goes_back_is_named() -> None:
    found = read_manifests(on_log(manifest(1), manifest(2, offsets={"pay.submitted": {"0": 10, "1": 19}})))
    assert disorders(found) == ["epoch 2.0: pay.submitted/1 went back from 20 to 19"]


@pytest.mark.parametrize(
    ("second", "wrong"),
    [
        ({"released_at": "2026-11-24T23:59:59Z", "cutoffs": {"pay": "2026-08-26"}}, []),
        # the clock went back by ten days: the cutoff stays where it was
        ({"released_at": "2026-11-13T00:00:00Z", "cutoffs": {"pay": "2026-08-25"}}, []),
        (
            {"released_at": "2026-11-13T00:00:00Z", "cutoffs": {"pay": "2026-08-15"}},
            ["epoch 2.0: the cutoff of pay is 2026-08-15, by rule 1 it is 2026-08-25"],
        ),
        (
            {"cutoffs": {"pay": "2026-08-26"}},
            ["epoch 2.0: the cutoff of pay is 2026-08-26, by rule 1 it is 2026-08-25"],
        ),
        ({"kind": "sweep", "released_at": "2026-12-01T00:00:00Z"}, []),
    ],
)
def test_the_cutoff_is_the_date_less_the_age_and_never_goes_back(second: dict[str, Any], wrong: list[str]) -> None:
    assert disorders(read_manifests(on_log(manifest(1), manifest(2, **second)))) == wrong


PAY = POLICIES["pay-2026"]
LATER = replace(PAY, policy_id="pay-2027", since=date(2027, 1, 1), age_days=120)
BOTH = {policy.policy_id: policy for policy in (LATER, PAY)}


@pytest.mark.parametrize(
    ("day", "policy"),
    [(date(2025, 12, 31), None), (date(2026, 1, 1), PAY), (date(2026, 12, 31), PAY), (date(2027, 1, 1), LATER)],
)
def test_the_newest_policy_that_has_begun_is_in_force(day: date, policy: object) -> None:
    assert in_force(BOTH.values(), "pay", day) == policy
    assert in_force(BOTH.values(), "benefits", day) is None


@pytest.mark.parametrize(
    ("second", "wrong"),
    [
        # 2027-01-04 less 120 days is 2026-09-06
        ({"policies": {"pay": "pay-2027"}, "cutoffs": {"pay": "2026-09-06"}}, []),
        (
            {"policies": {"pay": "pay-2026"}, "cutoffs": {"pay": "2026-10-06"}},
            ["epoch 2.0: pay is under pay-2026, in force is pay-2027"],
        ),
        # a greater age never takes the cutoff back
        (
            {"policies": {"pay": "pay-2027"}, "cutoffs": {"pay": "2026-08-25"}, "released_at": "2027-01-01T00:00:00Z"},
            ["epoch 2.0: the cutoff of pay is 2026-08-25, by rule 1 it is 2026-09-03"],
        ),
        ({"kind": "sweep"}, []),
        (
            {"kind": "sweep", "policies": {"pay": "pay-2027"}},
            ["epoch 2.0: pay is under pay-2027, in force is pay-2026"],
        ),
        (
            {"policies": {}, "cutoffs": {}},
            ["epoch 2.0: nothing is said of pay, which was released before"],
        ),
    ],
)
def test_a_release_follows_the_policy_of_its_day_and_a_sweep_that_of_the_release(
    second: dict[str, Any], wrong: list[str]
) -> None:
    released = {"released_at": "2027-01-04T00:00:00Z"} | second
    assert disorders(read_manifests(on_log(manifest(1), manifest(2, **released))), BOTH) == wrong


def test_verify_knows_the_lines_that_up_offers() -> None:
    assert {policy.line for policy in POLICIES.values()} == {*Line}


@pytest.mark.parametrize(
    ("policies", "wrong"),
    [
        (("pay-2026-guarded", "benefits-2026-guarded"), []),
        (("pay-2026-guarded", "benefits-2026"), ["epoch 2.0: follows policies of floor and guarded at once"]),
    ],
)
def test_an_operator_may_choose_another_line_for_all_measures_at_once(
    policies: tuple[str, str], wrong: list[str]
) -> None:
    second = manifest(
        2, policies=dict(zip(("pay", "benefits"), policies, strict=True)),
        cutoffs={"pay": "2026-08-25", "benefits": "2026-08-25"},
    )  # fmt: skip
    assert disorders(read_manifests(on_log(manifest(1), second))) == wrong


def test_a_new_policy_with_a_greater_age_leaves_the_cutoff_where_it_was() -> None:
    soon = {"pay-2026": PAY, "pay-x": replace(LATER, policy_id="pay-x", since=date(2026, 12, 1))}
    second = manifest(2, policies={"pay": "pay-x"}, released_at="2026-12-01T00:00:00Z")  # less 120 days: 2026-08-03
    assert disorders(read_manifests(on_log(manifest(1), second)), soon) == []


def test_partitions_may_be_added() -> None:
    more = manifest(2, offsets={"pay.submitted": {"0": 10, "1": 20, "2": 0}}, partitions=3)
    assert disorders(read_manifests(on_log(manifest(1), more))) == []
