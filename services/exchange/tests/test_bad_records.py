"""What does not belong on an inner topic: refused alone with its reason, passed over, or put right; neighbours count."""

import json
from collections.abc import Callable
from typing import Any

from chassis.metrics import exposition
from contracts.codec import partition_of
from exchange_log import PARTITIONS, Headers, Log, binary, dead
from exchange_market import Market, member, withdrawal
from exchange_system import Service

PAY, JOINED, WITHDRAWN = "pay.submitted", "member.joined", "submission.withdrawn"
Bad = tuple[str, Headers, bytes | None, str]
NULL = "value: is null; only an erased contact has a record without a value"
ZIP = "zip: '00000' is not in the ZIP table"
ROLES = (
    "role: 'wizard' is not one of 'lube_tech', 'tire_tech', 'mlr_tech', 'tech_c', 'tech_b', 'tech_a', 'master_tech', "
    "'driveability_tech', 'diesel_tech_1', 'diesel_tech_2', 'diesel_tech_3', 'ev_hybrid_tech', 'adas_tech', 'body_tech', "
    "'disassembly_tech', 'non_structural_tech', 'structural_tech', 'refinish_prepper', 'painter', 'estimator', "
    "'repair_planner', 'shop_foreman', 'service_advisor', 'service_manager', 'parts_specialist', 'instructor' or "
    "'apprentice'"
)
SIZES = "size: 'huge' is not one of '1_2', '3_5', '6_10', '11_20' or '21_plus'"


def bad_records(m: Market) -> list[Bad]:
    """Topic, headers, value, and the reason that an operator reads in `exchange.dead`."""

    def body(**fields: Any) -> bytes:
        return json.dumps(m.pay(m.shop(9), "31.50", "bad") | fields).encode()

    def joined(**fields: Any) -> bytes:
        return json.dumps(member(m.shop(9), **fields)).encode()

    plain = binary(PAY)
    return [
        (PAY, plain, b'{"submission_id": ', "data: is not JSON: expecting value at character 18"),
        (PAY, plain, b"", "data: is not JSON: expecting value at character 0"),
        (PAY, plain, b"[1, 2]", "data: a list is not a JSON object"),
        (PAY, plain, b"\xff\xfe", "data: is not UTF-8 at byte 0"),
        (PAY, plain, b'{"a": 1, "a": 2}', "a: is given twice"),
        (PAY, plain, body().replace(b'"31.50"', b"NaN"), "rate: NaN is not JSON"),
        (PAY, plain, None, NULL),
        (PAY, plain, b'"' + b"x" * 2_097_150 + b'"', "value: 2097152 bytes, at most 1048576"),
        (PAY, plain, body(revision="two"), "revision: 'two' is not a whole number"),
        (PAY, plain, body(revision=0), "revision: 0 is less than 1"),
        (PAY, plain, body(revision=2**63), "revision: is a whole number of 19 characters, beyond 64 bits"),
        (PAY, plain, body(zip="00000"), ZIP),
        (PAY, plain, body(role="wizard"), ROLES),
        (PAY, plain, body(size="huge"), SIZES),
        (PAY, plain, body(rate="900"), "rate: comes to an effective 900.00 an hour, outside 5.00 to 250.00"),
        (PAY, plain, body(rate=31.5), "rate: 31.5 is not text"),
        (PAY, plain, body(hours_clocked="101"), "hours_clocked: '101' is not more than 0 and at most 100 a week"),
        (PAY, plain, body(plan="flat_rate", rate_unit="flag_hour"), "hours_flagged: is missing, plan 'flat_rate' needs it"),
        (PAY, plain, body(effective_on="2026-02-30"), "effective_on: '2026-02-30' is not a day of the calendar"),
        (PAY, plain, body(member_id="a\nb"), "member_id: 'a\\nb' is not an id (1 to 200 characters, no control characters)"),
        (PAY, binary(PAY, ce_time=None), body(), "ce_time: is a header without a value"),
        (PAY, binary(PAY, ce_source=b"\xff"), body(), "ce_source: is a header that is not UTF-8 at byte 0"),
        (PAY, binary(PAY, ce_time=b"yesterday"), body(), "ce_time: 'yesterday' is not an RFC 3339 time"),
        (PAY, binary(PAY, ce_specversion=b"0.3"), body(), "ce_specversion: '0.3' is not '1.0'"),
        (PAY, binary(PAY, ce_id=b""), body(), "ce_id: is empty"),
        (PAY, [*plain, ("ce_id", b"again")], body(), "ce_id: is given twice"),
        (PAY, binary(PAY, **{"content-type": b"text/csv"}), body(), "content-type: 'text/csv' is not application/json"),
        (PAY, [], body(), "specversion: is missing"),
        (PAY, [], json.dumps({"specversion": "1.0", "id": "e", "source": "s", "type": "driveline.pay.submitted.v1"}).encode(),
         "data: is missing"),
        (JOINED, binary(JOINED), joined(status="asleep"),
         "status: 'asleep' is not one of 'pending', 'active', 'grace', 'lapsed' or 'left'"),
        (JOINED, binary(JOINED), joined(verified_on="soon"), "verified_on: 'soon' is not a day of the form YYYY-MM-DD"),
        (JOINED, binary(JOINED), None, NULL),
        (WITHDRAWN, binary(WITHDRAWN), json.dumps(withdrawal("") | {"measure": "pay"}).encode(),
         "member_id: '' is not an id (1 to 200 characters, no control characters)"),
        (WITHDRAWN, binary(WITHDRAWN), json.dumps(withdrawal(m.shop(9)) | {"measure": "wages"}).encode(),
         "measure: 'wages' is not one of 'pay', 'benefits', 'labor-rates' or 'technician-pay'"),
    ]  # fmt: skip


async def test_each_is_refused_alone_with_its_reason_and_its_neighbours_count(
    exchange: Service, log: Log, market: Market
) -> None:
    before = await log.ends("exchange.dead")
    expected: dict[tuple[str, int, int], str] = {}
    sent: dict[tuple[str, int, int], tuple[Headers, bytes | None]] = {}
    shops = [market.shop(n, partition=2) for n in range(5)]
    bad = bad_records(market)
    # The bad ones lie between the good ones, in the same partition: one batch, one shard.
    for n, (topic, headers, value, reason) in enumerate(bad):
        place = await log.send(topic, value, headers, key=market.shop(9), partition=2)
        expected[topic, 2, place.offset] = reason
        sent[topic, 2, place.offset] = headers, value
        if n < 5:
            await log.say(JOINED, member(shops[n]))
            await log.say(PAY, market.pay(shops[n], f"{20 + 2 * n}"))
    await exchange.release()
    assert await exchange.median(market) == "24.00"

    letters = await log.since(before)
    assert dead(letters) == expected
    for letter in letters:
        added = dict(letter.headers[-6:])
        headers, value = sent[added["dead_topic"].decode(), 2, int(added["dead_offset"])]
        assert (letter.value, list(letter.headers[:-6])) == (value, headers)
        assert letter.key == market.shop(9).encode()
        assert added["dead_attempts"] == b"1"
    problems = (await exchange.http.get("/livez")).json()
    assert problems == {"live": True, "problems": []}


async def test_what_is_new_or_unusual_is_no_error(exchange: Service, log: Log, market: Market) -> None:
    """Structured mode, types that this version does not know, a withdrawal of what was never said, records without a key."""
    before = await log.ends("exchange.dead")
    shops = [market.shop(n, partition=3) for n in range(5)]
    await log.say(JOINED, *(member(shop) for shop in shops))

    def structured(n: int) -> bytes:
        entry = market.pay(shops[n], f"{20 + 2 * n}")
        return json.dumps(
            {"specversion": "1.0", "id": "e", "source": "s", "type": "driveline.pay.submitted.v1", "data": entry}
        ).encode()

    await log.send(PAY, structured(0), [("content-type", b"application/cloudevents+json; charset=utf-8")], key=shops[0])
    await log.send(PAY, structured(1), [], key=shops[1])
    # Escapes, odd white space and a name in Greek go the slow way and count all the same.
    odd = json.dumps(market.pay(shops[2], "24", "θέση"), indent=3).encode()
    await log.send(PAY, odd, binary(PAY, ce_subject="ελιά".encode()), key=shops[2])
    await log.send(PAY, json.dumps(market.pay(shops[3], "26")).encode(), binary(PAY), partition=3)
    await log.say(PAY, market.pay(shops[4], "28"))

    newer = json.dumps({"member_id": shops[0], "everything": "else"}).encode()
    await log.send(PAY, newer, binary(PAY, ce_type=b"driveline.pay.submitted.v2"), key=shops[0])
    await log.send(PAY, newer, binary(PAY, ce_type=b"com.example.something"), key=shops[0])
    benefits = withdrawal(shops[0], revision=9) | {"measure": "benefits"}
    await log.say(WITHDRAWN, benefits)

    await exchange.release()
    assert await exchange.median(market) == "24.00"
    assert await log.since(before) == []


def strays() -> float:
    text = exposition()[0].decode()
    lines = [line for line in text.splitlines() if line.startswith("driveline_exchange_strays_total{")]
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines)


def wrong(home: int) -> int:
    return (home + 1) % PARTITIONS


async def test_a_record_in_the_wrong_partition_is_brought_home_and_counts_once(
    exchange: Service, log: Log, market: Market
) -> None:
    """Entries, a member and a withdrawal from a producer with another partitioner."""
    counted, before = strays(), await log.ends(PAY, JOINED, WITHDRAWN, "exchange.dead")
    shops = [market.shop(n) for n in range(6)]
    home: Callable[[str], int] = lambda shop: partition_of(shop, PARTITIONS)  # noqa: E731
    await log.say(JOINED, *(member(shop) for shop in shops[1:]))
    await log.say(PAY, *(market.pay(shop, f"{20 + 2 * n}") for n, shop in enumerate(shops[:4])))
    await log.say(PAY, market.pay(shops[5], "90"))

    astray = [
        (JOINED, shops[0], member(shops[0])),
        (PAY, shops[4], market.pay(shops[4], "28")),
        (WITHDRAWN, shops[5], withdrawal(shops[5])),
    ]
    for topic, shop, body in astray:
        headers = binary(topic, ce_subject=shop.encode())
        value = json.dumps(body).encode()
        await log.send(topic, value, headers, key=shop, partition=wrong(home(shop)))

    await exchange.world.settled()  # they are sent home before this is reached,
    await exchange.world.settled()  # and have arrived there when this is
    await exchange.release()
    assert await exchange.median(market) == "24.00"
    assert strays() - counted == 3

    published = [record for record in await log.since(before) if record.key in {s.encode() for _, s, _ in astray}]
    for topic, shop, _ in astray:
        lost, found = [
            next(r for r in published if (r.topic, r.key, r.partition) == (topic, shop.encode(), partition))
            for partition in (wrong(home(shop)), home(shop))
        ]
        origin = (
            ("driveline-origin-partition", str(lost.partition).encode()),
            ("driveline-origin-offset", str(lost.offset).encode()),
        )
        assert (found.headers, found.value) == (lost.headers + origin, lost.value)
