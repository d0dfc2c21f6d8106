"""The events of the bench: shops all over the country and their pay entries, some of which correct earlier ones."""

import json
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from contracts.cloud_event import CloudEvent
from contracts.codec import encode_kafka
from contracts.vocabulary import CREDENTIALS, EXPERIENCES, PAY_PLANS, RATE_UNIT, ROLES, SHOP_SIZES, SHOP_TYPES
from contracts.zips import zips

Message = tuple[bytes, bytes, list[tuple[str, str | bytes | None]]]  # key, value, headers
EXTRA = {
    "flat_rate": ("hours_flagged",),
    "team_flat_rate": ("hours_flagged",),
    "flat_rate_with_guarantee": ("hours_flagged", "hours_guaranteed"),
    "hybrid_greater_of": ("hours_flagged", "base_rate"),
    "commission_percent_labor": ("labor_sales_week",),
}


@dataclass(frozen=True)
class Shop:
    member_id: str
    zip: str
    shop_type: str
    size: str


def shops(count: int, seed: int = 1) -> list[Shop]:
    """Shops in ZIPs that have a metro, so that each of their entries is in 56 cells."""
    draw = random.Random(seed)
    places = sorted(z.zip for z in zips().values() if z.cbsa and z.division)
    return [
        Shop(f"shop-{n:06d}", draw.choice(places), draw.choice(SHOP_TYPES), draw.choice(SHOP_SIZES))
        for n in range(count)
    ]


def joined(members: list[Shop]) -> Iterator[Message]:
    """One `member.joined` for each shop, verified long ago."""
    for shop in members:
        body = {
            "member_id": shop.member_id, "revision": 1, "kind": "business", "status": "active",
            "verified_on": "2025-01-15", "name": f"Bench {shop.member_id}", "zip": shop.zip,
            "shop_type": shop.shop_type, "size": shop.size,
        }  # fmt: skip
        yield _message("member.joined", shop.member_id, shop.member_id, body)


# Hears of each event, before it is sent, the number of its submission and its body.
Told = Callable[[int, Mapping[str, object]], None]
# What was submitted so far: shop, submission_id and newest revision of each.
History = list[tuple[Shop, str, int]]


def submitted(
    members: list[Shop],
    count: int,
    corrections: float = 0.1,
    seed: int = 2,
    history: History | None = None,
    told: Told | None = None,
) -> Iterator[Message]:
    """`count` pay events of which a share corrects earlier ones with a higher revision; `history` is gone on with."""
    draw = random.Random(seed)
    sent: History = [] if history is None else history
    for n in range(count):
        at = len(sent)
        if sent and draw.random() < corrections:
            at = draw.randrange(len(sent))
            shop, submission, revision = sent[at]
            revision += 1
            sent[at] = (shop, submission, revision)
        else:
            shop, submission, revision = draw.choice(members), f"bench/{at:07d}", 1
            sent.append((shop, submission, revision))
        body = _pay(draw, shop) | {"submission_id": submission, "revision": revision}
        if told is not None:
            told(at, body)
        yield _message("pay.submitted", shop.member_id, f"bench-{seed}-{n}", body)


def _pay(draw: random.Random, shop: Shop) -> dict[str, object]:
    plan = draw.choice(PAY_PLANS)
    unit = RATE_UNIT[plan]
    rate = {
        "clock_hour": draw.randrange(1600, 4500) / 100,
        "flag_hour": draw.randrange(1800, 4500) / 100,
        "year": draw.randrange(35_000, 95_000, 500),
        "percent": draw.randrange(25, 45),
    }[unit]
    given = {
        "hours_flagged": f"{draw.randrange(70, 110) / 2}",
        "hours_guaranteed": "40",
        "base_rate": "18.00",
        "labor_sales_week": f"{draw.randrange(3000, 4500)}.00",
    }
    body: dict[str, object] = {
        "member_id": shop.member_id, "role": draw.choice(ROLES), "experience": draw.choice(EXPERIENCES),
        "shop_type": shop.shop_type, "size": shop.size, "zip": shop.zip, "plan": plan,
        "rate": f"{rate:.2f}", "rate_unit": unit, "hours_clocked": str(draw.randrange(36, 50)),
        "weekly_extra": "0", "annual_bonus": f"{draw.randrange(0, 3000, 250)}.00",
        "credentials": draw.sample(CREDENTIALS, draw.randrange(0, 4)),
        "effective_on": f"2026-{draw.randrange(1, 8):02d}-{draw.randrange(1, 29):02d}",
    }  # fmt: skip
    return body | {name: given[name] for name in EXTRA.get(plan, ())}


def _message(topic: str, key: str, event_id: str, body: dict[str, object]) -> Message:
    data = json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
    event = CloudEvent(
        f"{topic}-{event_id}", "partner/bench", f"driveline.{topic}.v1", "2026-11-23T06:00:00Z", key, data,
        {"partner": "bench"},
    )  # fmt: skip
    headers, value = encode_kafka(event)
    return key.encode(), value, list(headers)
