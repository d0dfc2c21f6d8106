"""Bodies of records for the tests: one good one of each kind, changed by name."""

from typing import Any

GONE = object()


def pay_body(**changed: Any) -> dict[str, Any]:
    """A shop's pay for one technician: effective 26.00 an hour."""
    body = {
        "submission_id": "9b1c", "revision": 1, "member_id": "shop-42", "role": "tech_a", "experience": "y5_9",
        "shop_type": "independent_repair", "size": "3_5", "zip": "17350", "plan": "hourly", "rate": "26.00",
        "rate_unit": "clock_hour", "hours_clocked": "40", "credentials": ["A1"], "effective_on": "2026-06-30",
    }  # fmt: skip
    return {name: value for name, value in (body | changed).items() if value is not GONE}


def member_body(**changed: Any) -> dict[str, Any]:
    """A business in good standing."""
    body = {
        "member_id": "shop-42", "revision": 1, "kind": "business", "status": "active", "verified_on": "2026-01-15",
        "name": "Elm Street Garage", "address": "12 Elm Street", "city": "New Oxford", "state": "PA", "zip": "17350",
        "external_ids": [{"scheme": "pa-ois", "id": "CN91"}], "shop_type": "independent_repair", "size": "3_5",
        "ownership": "single", "level": None, "programs": [],
        "locations": [{"location_id": "l-1", "zip": "17350", "shop_type": "independent_repair"}],
    }  # fmt: skip
    return {name: value for name, value in (body | changed).items() if value is not GONE}


def benefit_body(**changed: Any) -> dict[str, Any]:
    """A shop's answer to one benefit: it pays 70% of health insurance."""
    body = {
        "submission_id": "b-1", "revision": 1, "member_id": "shop-42", "shop_type": "independent_repair", "size": "3_5",
        "zip": "17350", "benefit": "health", "offered": True, "amount": "70", "unit": "percent_paid_by_employer",
        "effective_on": "2026-06-30",
    }  # fmt: skip
    return {name: value for name, value in (body | changed).items() if value is not GONE}


def labor_rate_body(**changed: Any) -> dict[str, Any]:
    """A shop's posted rate: 145.00 an hour."""
    body = {
        "submission_id": "l-1", "revision": 1, "member_id": "shop-42", "shop_type": "independent_repair", "zip": "17350",
        "kind": "mechanical_door", "posted_rate": "145.00", "effective_on": "2026-06-30",
    }  # fmt: skip
    return {name: value for name, value in (body | changed).items() if value is not GONE}
