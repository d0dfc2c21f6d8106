"""The intake over Kafka: every kind of bad record is refused alone, with a reason its sender can read."""

import json
from typing import Any

import httpx
from aiokafka import ConsumerRecord
from contracts.codec import partition_of
from membership_system import Headers, Log, System, binary, body_of, pay, receipt, structured

TOPIC, REJECTED = "partner.wrenchway", "partner.wrenchway.rejected"
ROLES = (
    "'lube_tech', 'tire_tech', 'mlr_tech', 'tech_c', 'tech_b', 'tech_a', 'master_tech', 'driveability_tech', "
    "'diesel_tech_1', 'diesel_tech_2', 'diesel_tech_3', 'ev_hybrid_tech', 'adas_tech', 'body_tech', 'disassembly_tech', "
    "'non_structural_tech', 'structural_tech', 'refinish_prepper', 'painter', 'estimator', 'repair_planner', "
    "'shop_foreman', 'service_advisor', 'service_manager', 'parts_specialist', 'instructor' or 'apprentice'"
)
PLANS = (
    "'hourly', 'hourly_plus_production_bonus', 'salary', 'salary_plus_commission', 'flat_rate', 'team_flat_rate', "
    "'flat_rate_with_guarantee', 'hybrid_greater_of' or 'commission_percent_labor'"
)


def bad_records(ours: str, other: str) -> list[tuple[str, Headers, bytes | None, str]]:
    """What the record is called, its headers and value, and the reason that its sender reads."""
    good = json.dumps(pay(ours, "bad")).encode()
    credential = {
        "member_id": ours,
        "program_id": "p-1",
        "credential": "ase_entry_level",
        "period": "2026",
        "revision": 1,
        "count": 17,
        "expires_on": None,
    }

    def body(**fields: Any) -> bytes:
        return json.dumps(pay(ours, "bad") | fields).encode()

    found: list[tuple[str, bytes | None, str]] = [
        ("not-json", b'{"submission_id": ', "data: is not JSON: expecting value at character 18"),
        ("not-an-object", b"[1, 2]", "data: a list is not a JSON object"),
        ("wrong-type", body(revision="two"), "revision: 'two' is not a whole number"),
        ("missing-field", b'{"submission_id": "bad"}', "revision: is missing"),
        ("unknown-field", body(wage="31"), "wage: is not a field of pay.submitted"),
        ("unknown-role", body(role="wizard"), f"role: 'wizard' is not one of {ROLES}"),
        ("unknown-zip", body(zip="00000"), "zip: '00000' is not in the ZIP table"),
        ("impossible-pay", body(rate="900"), "rate: comes to an effective 900.00 an hour, outside 5.00 to 250.00"),
        (
            "wrong-unit",
            body(rate_unit="year"),
            "rate_unit: 'year' does not belong to plan 'hourly', which is per clock_hour",
        ),
        ("too-large", b'"' + b"x" * 2_097_150 + b'"', "value: 2097152 bytes, at most 1048576"),
        ("null-value", None, "value: is null; only an erased contact has a record without a value"),
        ("no-grant", body(member_id=other), f"member_id: '{other}' has not granted 'pay:write' to 'wrenchway'"),
        ("unknown-member", body(member_id="shop-42"), "member_id: 'shop-42' is not a member"),
        (
            "half-a-character",
            body(member_id="shop-\ud800"),
            r"member_id: 'shop-\ud800' holds what text cannot: NUL or half a character",
        ),
        (
            "somebody-elses",
            body(submission_id="ase/9b1c"),
            "submission_id: 'ase/9b1c' is in the name space of 'ase', not yours",
        ),
        (
            "id-too-long",
            body(submission_id="x" * 200),
            "submission_id: has 210 characters as 'wrenchway/...', at most 200",
        ),
    ]
    h = binary
    return [
        *((name, h("pay.submitted", name), value, reason) for name, value, reason in found),
        (
            "null-header",
            [*h("pay.submitted", "null-header"), ("ce_shop", None)],
            good,
            "ce_shop: is a header without a value",
        ),
        (
            "not-utf8",
            [*h("pay.submitted", "not-utf8"), ("ce_shop", b"\xff")],
            good,
            "ce_shop: is a header that is not UTF-8 at byte 0",
        ),
        (
            "unknown-type",
            h("pay.guessed", "unknown-type"),
            good,
            "type: 'driveline.pay.guessed.v1' is not a type of Driveline",
        ),
        (
            "not-open",
            h("exchange.epoch", "not-open"),
            good,
            "type: 'driveline.exchange.epoch.v1' is not open to partners",
        ),
        (
            "no-scope",
            h("credential.earned", "no-scope"),
            json.dumps(credential).encode(),
            "scope: partner 'wrenchway' does not have 'credentials:write'",
        ),
        (
            "structured-bad",
            [("content-type", b"application/cloudevents+json")],
            json.dumps(structured("pay.submitted", "structured-bad", pay(ours, "bad") | {"plan": "barter"})).encode(),
            f"plan: 'barter' is not one of {PLANS}",
        ),
    ]


async def test_each_bad_record_is_refused_alone_and_its_neighbours_go_on(
    system: System, api: httpx.AsyncClient, log: Log
) -> None:
    ours = await system.join(api)
    school = {"kind": "school", "name": "York Tech", "zip": "17401"}
    other = (await api.post("/v1/members", json=school)).json()["member_id"]
    bad = bad_records(ours, other)
    for name, headers, value, _ in bad:
        await log.publish(TOPIC, "pay.submitted", pay(ours, f"before-{name}"), f"ok-{name}", partition=0)
        await log.send(TOPIC, value, headers, key=b"k", partition=0)
    await log.publish(TOPIC, "pay.submitted", pay(ours, "after"), partition=0)

    went_on = await log.bodies("pay.submitted", len(bad) + 1, member_id=ours)
    assert [body["submission_id"] for body in went_on] == [
        *(f"wrenchway/before-{name}" for name, *_ in bad),
        "wrenchway/after",
    ]
    names = {name for name, *_ in bad}
    refused = await log.read(REJECTED, lambda record: body_of(record).get("ce_id") in names, len(bad))
    reasons = {body["ce_id"]: body["reason"] for body in (json.loads(record.value) for record in refused)}
    assert reasons == {name: reason for name, _, _, reason in bad}
    assert [dict(record.headers)["reason"].decode() for record in refused] == [reason for *_, reason in bad]
    partner = await system.partner("wrenchway")
    for name, _, _, reason in bad:
        seen = await receipt(api, name, partner)
        assert (seen["outcome"], seen["reason"]) == ("refused", reason)
    assert (await receipt(api, "ok-not-json", partner))["outcome"] == "accepted"


async def test_a_record_without_any_readable_id_is_known_by_its_place(
    system: System, api: httpx.AsyncClient, log: Log
) -> None:
    sent = await log.send(TOPIC, b"\x00\xff", [("ce_type", b"driveline.pay.submitted.v1")])
    place = f"partner.wrenchway/{sent.partition}/{sent.offset}"
    [refused] = await log.bodies(REJECTED, ce_id=place)
    assert refused == {
        "ce_id": place,
        "ce_source": "",
        "ce_type": "driveline.pay.submitted.v1",
        "reason": "ce_specversion: is missing",
        "topic": "partner.wrenchway",
        "partition": sent.partition,
        "offset": sent.offset,
    }
    seen = await receipt(api, place, await system.partner("wrenchway"))
    assert seen["reason"] == "ce_specversion: is missing"


async def test_a_partner_that_nobody_registered_is_refused(api: httpx.AsyncClient, log: Log, system: System) -> None:
    ours = await system.join(api)
    ce_id = await log.publish("partner.stranger", "pay.submitted", pay(ours))
    [refused] = await log.bodies("partner.stranger.rejected", ce_id=ce_id)
    assert refused["reason"] == "partner: 'stranger' is not registered"


async def test_what_is_accepted_keeps_its_identity_and_takes_key_and_partition_from_its_body(
    system: System, api: httpx.AsyncClient, log: Log
) -> None:
    ours = await system.join(api)
    body = pay(ours, "s-1", credentials=["A1", "A5"])
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    headers = [*binary("pay.submitted", "kept"), ("ce_time", b"2026-07-01T08:00:00Z"), ("ce_partner", b"ase")]
    headers += [("traceparent", trace.encode()), ("ce_dead", b"1")]
    await log.send(TOPIC, json.dumps(body, indent=2).encode(), headers, key=b"someone-else")

    def mine(record: ConsumerRecord[Any, Any]) -> bool:
        return body_of(record).get("member_id") == ours

    [record] = await log.read("pay.submitted", mine)
    assert (
        record.value
        == json.dumps(body | {"submission_id": "wrenchway/s-1"}, sort_keys=True, separators=(",", ":")).encode()
    )
    assert (record.key, record.partition) == (ours.encode(), partition_of(ours, 6))
    assert dict(record.headers) == {
        "content-type": b"application/json",
        "ce_specversion": b"1.0",
        "ce_id": b"kept",
        "ce_source": b"urn:test:shop",
        "ce_type": b"driveline.pay.submitted.v1",
        "ce_time": b"2026-07-01T08:00:00Z",
        "ce_partner": b"wrenchway",
        "traceparent": trace.encode(),
    }


async def test_an_id_in_ones_own_name_space_stays_as_it_is(system: System, api: httpx.AsyncClient, log: Log) -> None:
    ours = await system.join(api)
    await log.publish(TOPIC, "pay.submitted", pay(ours, "wrenchway/s-1", revision=7))
    [body] = await log.bodies("pay.submitted", member_id=ours)
    assert (body["submission_id"], body["revision"]) == ("wrenchway/s-1", 7)


async def test_withdrawing_needs_the_scope_of_the_measure(system: System, api: httpx.AsyncClient, log: Log) -> None:
    ours = await system.join(api, scopes=["pay:write"])
    withdrawn = {"submission_id": "s-1", "revision": 2, "member_id": ours}
    refused_id = await log.publish(TOPIC, "submission.withdrawn", withdrawn | {"measure": "benefits"}, partition=0)
    await log.publish(TOPIC, "submission.withdrawn", withdrawn | {"measure": "pay"}, partition=0)
    [body] = await log.bodies("submission.withdrawn", member_id=ours)
    assert body == withdrawn | {"submission_id": "wrenchway/s-1", "measure": "pay"}
    [refused] = await log.bodies(REJECTED, ce_id=refused_id)
    assert refused["reason"] == f"member_id: '{ours}' has not granted 'benefits:write' to 'wrenchway'"


async def test_a_grant_taken_back_stops_the_very_next_event(system: System, api: httpx.AsyncClient, log: Log) -> None:
    ours = await system.join(api)
    await log.publish(TOPIC, "pay.submitted", pay(ours, "s-1"), partition=0)
    await log.bodies("pay.submitted", member_id=ours)
    taken_back = {"partner": "wrenchway", "scopes": [], "member_ids": [ours]}
    assert (await api.post("/v1/grants", json=taken_back)).json()["changed"] == 1
    ce_id = await log.publish(TOPIC, "pay.submitted", pay(ours, "s-2"), partition=0)
    [refused] = await log.bodies(REJECTED, ce_id=ce_id)
    assert refused["reason"] == f"member_id: '{ours}' has not granted 'pay:write' to 'wrenchway'"
