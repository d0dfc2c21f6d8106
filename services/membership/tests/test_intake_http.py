"""The intake over HTTP: the same rule, answered after Kafka has acknowledged."""

import json
import uuid
from typing import Any

import httpx
import pytest
from membership_system import Log, System, pay, structured

BATCH = {"content-type": "application/cloudevents-batch+json"}


def binary_headers(kind: str, ce_id: str) -> dict[str, str]:
    return {
        "content-type": "application/json",
        "ce-specversion": "1.0",
        "ce-id": ce_id,
        "ce-source": "urn:test:shop",
        "ce-type": f"driveline.{kind}.v1",
    }


async def test_binary_structured_and_batch_are_accepted(system: System, api: httpx.AsyncClient, log: Log) -> None:
    ours, mark = await system.join(api), uuid.uuid4().hex[:8]
    partner = await system.partner("wrenchway")
    one = await api.post(
        "/v1/events", json=pay(ours, "h-1"), headers=partner | binary_headers("pay.submitted", f"{mark}-1")
    )
    two = await api.post(
        "/v1/events",
        content=json.dumps(structured("pay.submitted", f"{mark}-2", pay(ours, "h-2"))),
        headers=partner | {"content-type": "application/cloudevents+json"},
    )
    batch = [structured("pay.submitted", f"{mark}-{i}", pay(ours, f"h-{i}")) for i in (3, 4)]
    more = await api.post("/v1/events", content=json.dumps(batch), headers=partner | BATCH)
    assert [answer.status_code for answer in (one, two, more)] == [202, 202, 202]
    assert one.json() == {
        "receipts": [{"ce_id": f"{mark}-1", "outcome": "accepted", "reason": None, "topic": "pay.submitted"}]
    }
    found = await log.bodies("pay.submitted", 4, member_id=ours)
    assert {body["submission_id"] for body in found} == {f"wrenchway/h-{i}" for i in (1, 2, 3, 4)}
    receipt = (await api.get(f"/v1/receipts/{mark}-4", headers=partner)).json()
    assert receipt == {
        "ce_id": f"{mark}-4",
        "ce_source": "urn:test:shop",
        "ce_type": "driveline.pay.submitted.v1",
        "outcome": "accepted",
        "reason": None,
        "at": receipt["at"],
    }


async def test_in_a_batch_each_event_stands_for_itself(system: System, api: httpx.AsyncClient, log: Log) -> None:
    ours, mark = await system.join(api), uuid.uuid4().hex[:8]
    partner = await system.partner("wrenchway")
    events: list[Any] = [
        structured("pay.submitted", f"{mark}-0", pay(ours, "b-0")),
        structured("pay.submitted", f"{mark}-1", pay(ours, "b-1", role="wizard") | {"role": 7}),
        {"id": f"{mark}-2", "source": "urn:test:shop"},
        "rubbish",
        structured("pay.submitted", f"{mark}-4", pay("shop-42", "b-4")),
        structured("pay.submitted", f"{mark}-5", pay(ours, "b-5")),
    ]
    answer = await api.post("/v1/events", content=json.dumps(events), headers=partner | BATCH)
    assert answer.status_code == 202
    receipts = answer.json()["receipts"]
    assert [receipt["outcome"] for receipt in receipts] == [
        "accepted",
        "refused",
        "refused",
        "refused",
        "refused",
        "accepted",
    ]
    assert [receipt["ce_id"] for receipt in receipts if receipt["ce_id"].startswith(mark)] == [
        f"{mark}-{i}" for i in (0, 1, 2, 4, 5)
    ]
    assert receipts[2]["reason"] == "specversion: is missing"
    assert receipts[3]["reason"] == "body: 'rubbish' is not a CloudEvent, which is a JSON object"
    assert receipts[4]["reason"] == "member_id: 'shop-42' is not a member"
    found = await log.bodies("pay.submitted", 2, member_id=ours)
    assert {body["submission_id"] for body in found} == {"wrenchway/b-0", "wrenchway/b-5"}


BENEFIT = {
    "submission_id": "b-1",
    "revision": 1,
    "shop_type": "independent_repair",
    "size": "3_5",
    "zip": "17350",
    "benefit": "pto_days",
    "offered": True,
    "amount": "10",
    "unit": "days_year",
    "effective_on": "2026-06-30",
}
RATE = {
    "submission_id": "l-1",
    "revision": 1,
    "shop_type": "independent_repair",
    "zip": "17350",
    "kind": "mechanical_door",
    "posted_rate": "145.00",
    "effective_on": "2026-06-30",
}


@pytest.mark.parametrize(
    ("topic", "fact", "scope", "other"),
    [
        ("benefits.submitted", BENEFIT, "benefits:write", "labor-rates:write"),
        ("labor-rate.submitted", RATE, "labor-rates:write", "benefits:write"),
    ],
)
async def test_benefits_and_labor_rates_come_in_under_scopes_of_their_own(
    system: System, api: httpx.AsyncClient, log: Log, topic: str, fact: dict[str, Any], scope: str, other: str
) -> None:
    """Over HTTP and on the partner's own topic; the partner needs the scope, and the member's grant of just it."""
    ours, theirs = [await system.join(api, grant="estimating", scopes=[each]) for each in (scope, other)]
    mark = uuid.uuid4().hex[:8]
    partner, headers = await system.partner("estimating"), binary_headers(topic, f"{mark}-1")
    answer = await api.post("/v1/events", json=fact | {"member_id": ours}, headers=partner | headers)
    assert (answer.status_code, answer.json()["receipts"][0]["topic"]) == (202, topic)
    answer = await api.post("/v1/events", json=fact | {"member_id": theirs}, headers=partner | headers)
    refused = f"member_id: '{theirs}' has not granted '{scope}' to 'estimating'"
    assert (answer.status_code, answer.json()["error"]) == (403, refused)
    answer = await api.post(
        "/v1/events", json=fact | {"member_id": ours}, headers=await system.partner("vendor") | headers
    )
    assert (answer.status_code, answer.json()["error"]) == (403, f"scope: partner 'vendor' does not have '{scope}'")
    await log.publish("partner.estimating", topic, fact | {"member_id": ours, "revision": 2})
    found = await log.bodies(topic, 2, member_id=ours)
    name = f"estimating/{fact['submission_id']}"
    assert found == [fact | {"member_id": ours, "submission_id": name, "revision": n} for n in (1, 2)]


async def test_refusals_say_whose_fault_it_is(system: System, api: httpx.AsyncClient) -> None:
    ours = await system.join(api, scopes=["benefits:write"])
    partner = await system.partner("wrenchway")
    good = binary_headers("pay.submitted", "e-1")
    for headers, body, status, line in (
        (good, pay(ours, "9b1c"), 403, f"member_id: '{ours}' has not granted 'pay:write' to 'wrenchway'"),
        (binary_headers("credential.earned", "e-2"), {}, 422, "member_id: is missing"),
        (
            binary_headers("technician-pay.submitted", "e-3"),
            pay(ours),
            403,
            "scope: partner 'wrenchway' does not have 'technician-pay:write'",
        ),
        (good, pay(ours, hours_clocked="0"), 422, "hours_clocked: '0' is not more than 0 and at most 100 a week"),
        (good | {"ce-specversion": "0.3"}, pay(ours), 400, "ce-specversion: '0.3' is not '1.0'"),
        (good | {"content-type": "text/csv"}, pay(ours), 400, "content-type: 'text/csv' is not application/json"),
        (good, "x" * 2_000_000, 413, "body: more than 1048576 bytes"),
    ):
        answer = await api.post("/v1/events", content=json.dumps(body), headers=partner | headers)
        assert (answer.status_code, answer.json()["error"]) == (status, line)
    async with httpx.AsyncClient(base_url=system.url) as without_token:
        answer = await without_token.post("/v1/events", json=pay(ours), headers=good)
    assert answer.status_code == 401


async def test_a_members_own_system_submits_for_itself_only(system: System, api: httpx.AsyncClient, log: Log) -> None:
    mine, other = await system.join(api), await system.join(api)
    made = (await api.post(f"/v1/members/{mine}/clients", json={"scopes": ["pay:write"]})).json()
    token = await system.bearer(made["client_id"], made["client_secret"])

    async def submit(**fields: Any) -> tuple[int, Any]:
        headers = token | binary_headers("pay.submitted", f"own-{mine}")
        answer = await api.post("/v1/events", json=pay(mine, "s-1") | fields, headers=headers)
        return answer.status_code, answer.json().get("error")

    assert await submit() == (202, None)
    assert await submit(member_id=other) == (403, f"member_id: '{other}' is not you")
    assert await submit(submission_id="wrenchway/s-1") == (
        403,
        "submission_id: 'wrenchway/s-1' is in the name space of 'wrenchway', not yours",
    )
    [body] = await log.bodies("pay.submitted", member_id=mine)
    assert body["submission_id"] == "s-1"


async def test_a_receipt_is_its_submitters_own(system: System, api: httpx.AsyncClient) -> None:
    ours, ce_id = await system.join(api), str(uuid.uuid4())
    partner = await system.partner("wrenchway")
    await api.post("/v1/events", json=pay(ours), headers=partner | binary_headers("pay.submitted", ce_id))
    seen = {
        who: (await api.get(f"/v1/receipts/{ce_id}", headers=headers)).status_code
        for who, headers in (("wrenchway", partner), ("ase", await system.partner("ase")), ("operator", {}))
    }
    assert seen == {"wrenchway": 200, "ase": 404, "operator": 200}
