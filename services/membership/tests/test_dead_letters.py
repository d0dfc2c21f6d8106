"""What a later stage cannot apply becomes a refusal on the receipt and on the partner's topic."""

import json
import uuid

import httpx
from membership_system import Headers, Log, System, binary, pay, receipt


async def test_a_dead_letter_of_a_later_stage_turns_the_receipt(
    system: System, api: httpx.AsyncClient, log: Log
) -> None:
    ours, ce_id = await system.join(api), f"dead-{uuid.uuid4().hex[:8]}"
    partner = await system.partner("wrenchway")
    await log.publish("partner.wrenchway", "pay.submitted", pay(ours), ce_id)
    await log.bodies("pay.submitted", member_id=ours)
    dead: Headers = [
        *binary("pay.submitted", ce_id),
        ("ce_partner", b"wrenchway"),
        ("dead_topic", b"pay.submitted"),
        ("dead_partition", b"3"),
        ("dead_offset", b"17"),
        ("dead_reason", b"revision: 1 has another body than before"),
        ("dead_attempts", b"1"),
    ]
    sent = await log.send("exchange.dead", json.dumps(pay(ours)).encode(), dead, key=ours.encode())
    [refused] = await log.bodies("partner.wrenchway.rejected", ce_id=ce_id)
    reason = "revision: 1 has another body than before (at pay.submitted)"
    assert refused == {
        "ce_id": ce_id,
        "ce_source": "urn:test:shop",
        "ce_type": "driveline.pay.submitted.v1",
        "reason": reason,
        "topic": "exchange.dead",
        "partition": sent.partition,
        "offset": sent.offset,
    }
    # The intake may see the event once more after a crash; what the exchange could not apply stays refused.
    await log.publish("partner.wrenchway", "pay.submitted", pay(ours), ce_id, partition=0)
    last = await log.publish("partner.wrenchway", "pay.submitted", pay(ours, "last"), partition=0)
    assert (await receipt(api, last, partner))["outcome"] == "accepted"
    seen = await receipt(api, ce_id, partner)
    assert (seen["outcome"], seen["reason"]) == ("refused", reason)


async def test_a_dead_letter_without_a_submitter_is_passed_over(
    system: System, api: httpx.AsyncClient, log: Log
) -> None:
    ce_id = f"dead-{uuid.uuid4().hex[:8]}"
    await log.send("exchange.dead", None, [("dead_reason", None), ("ce_id", b"\xff")], key=b"k", partition=0)
    of_nobody = [*binary("pay.submitted", f"{ce_id}-x"), ("ce_partner", b"no-such-partner")]
    await log.send("exchange.dead", b"{}", of_nobody, key=b"k", partition=0)
    await log.send(
        "exchange.dead", b"{}", [*binary("pay.submitted", ce_id), ("ce_partner", b"vendor")], key=b"k", partition=0
    )
    [refused] = await log.bodies("partner.vendor.rejected", ce_id=ce_id)
    assert refused["reason"] == "could not be applied (at a later stage)"
    assert (await receipt(api, ce_id, await system.partner("vendor")))["outcome"] == "refused"
