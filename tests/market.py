"""Shops and pay for tests that cross services: dates are relative, so that what counts today counts next year."""

import uuid
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from outside import Outside, Record, binary

TOPIC, REJECTED = "partner.wrenchway", "partner.wrenchway.rejected"


def day(ago: int) -> str:
    """A date so many days before today, in UTC."""
    return (datetime.now(UTC).date() - timedelta(days=ago)).isoformat()


LONG_AGO = 200  # days: beyond the 90 that pay is held back, well within the window of 24 months


def shop(**fields: Any) -> dict[str, Any]:
    """An application of a shop that nobody has seen before."""
    mark = uuid.uuid4().hex[:10]
    return {
        "request_id": f"r-{mark}", "kind": "business", "name": f"Elm Street Garage {mark}",
        "address": f"{int(mark[:5], 16)} Elm Street", "city": "New Oxford", "state": "PA", "zip": "17350",
        "shop_type": "independent_repair", "size": "3_5", "ownership": "single", **fields,
    }  # fmt: skip


def pay(member_id: str, submission_id: str, **fields: Any) -> dict[str, Any]:
    """A position at $31.50 an hour that is old enough to count."""
    return {
        "submission_id": submission_id, "revision": 1, "member_id": member_id, "role": "tech_a", "experience": "y5_9",
        "shop_type": "independent_repair", "size": "3_5", "zip": "17350", "plan": "hourly", "rate": "31.50",
        "rate_unit": "clock_hour", "hours_clocked": "40", "effective_on": day(LONG_AGO), **fields,
    }  # fmt: skip


def benefit(member_id: str, submission_id: str, **fields: Any) -> dict[str, Any]:
    """Nine paid holidays a year, offered for long enough to count."""
    return {
        "submission_id": submission_id, "revision": 1, "member_id": member_id, "shop_type": "independent_repair",
        "size": "3_5", "zip": "17350", "benefit": "paid_holidays", "offered": True, "amount": "9", "unit": "days_year",
        "effective_on": day(LONG_AGO), **fields,
    }  # fmt: skip


def labor_rate(member_id: str, submission_id: str, **fields: Any) -> dict[str, Any]:
    """A road call at $105.00 an hour that has hung at the counter for long enough to count."""
    return {
        "submission_id": submission_id, "revision": 1, "member_id": member_id, "shop_type": "independent_repair",
        "zip": "17350", "kind": "mobile_road_call", "posted_rate": "105.00", "effective_on": day(LONG_AGO), **fields,
    }  # fmt: skip


def submitted(body: dict[str, Any], ce_id: str | None = None, **more: Any) -> Record:
    """`pay.submitted` on the partner's topic."""
    return binary("pay.submitted", ce_id or str(uuid.uuid4()), body, TOPIC, **more)


def join(api: httpx.Client, **fields: Any) -> str:
    """Join by HTTP; the id of the new member."""
    answer = api.post("/v1/members", json=shop(**fields))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["member_id"])


def vouch(api: httpx.Client, member_ids: Iterable[str]) -> None:
    """An operator says that somebody vouched for these members long ago."""
    for member_id in member_ids:
        api.patch(f"/v1/members/{member_id}", json={"verified_on": day(LONG_AGO + 100)}).raise_for_status()


def grant(api: httpx.Client, member_ids: Iterable[str], scopes: Iterable[str] = ("pay:write",)) -> None:
    """These members let wrenchway submit for them."""
    body = {"partner": "wrenchway", "scopes": list(scopes), "member_ids": list(member_ids)}
    api.post("/v1/grants", json=body).raise_for_status()


def members(up: Outside, count: int, **fields: Any) -> list[str]:
    """So many verified shops that have granted wrenchway their pay."""
    with up.api() as api:
        found = [join(api, **fields) for _ in range(count)]
        vouch(api, found)
        grant(api, found)
    return found
