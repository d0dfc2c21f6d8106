"""What shops say of benefits and labor rates, and what is shown of them."""

from collections.abc import Mapping
from typing import Any

from exchange_market import ago
from exchange_system import Service

BENEFITS, LABOR_RATES = "benefits.submitted", "labor-rate.submitted"
_UNITS = {
    "health": "percent_paid_by_employer", "dental": "percent_paid_by_employer", "vision": "percent_paid_by_employer",
    "retirement_match_pct": "percent_of_pay", "pto_days": "days_year", "tool_allowance_year": "usd_year",
    "sign_on_bonus": "usd_once", "relocation": "usd_once",
}  # fmt: skip


def benefit(member_id: str, benefit: str, amount: str | None = None, **fields: Any) -> dict[str, Any]:
    """A shop's answer: it offers the benefit, with an amount or without."""
    said = {} if amount is None else {"amount": amount, "unit": _UNITS[benefit]}
    return {
        "submission_id": f"b-{benefit}",
        "revision": 1,
        "member_id": member_id,
        "shop_type": "independent_repair",
        "size": "3_5",
        "zip": "17350",
        "benefit": benefit,
        "offered": True,
        "effective_on": ago(150).isoformat(),
        **said,
        **fields,
    }


def labor_rate(member_id: str, kind: str, rate: str, **fields: Any) -> dict[str, Any]:
    """What hangs at a shop's counter."""
    return {
        "submission_id": f"l-{kind}",
        "revision": 1,
        "member_id": member_id,
        "shop_type": "independent_repair",
        "zip": "17350",
        "kind": kind,
        "posted_rate": rate,
        "effective_on": ago(200).isoformat(),
        **fields,
    }


async def shown(service: Service, manifest: Mapping[str, Any], measure: str) -> dict[str, dict[str, Any]]:
    """What an epoch shows of a measure in the state of these shops, by the rest of the key."""
    start, envelope = f"{measure}|state:PA|", ("cell", "epoch", "serial", "policy_id")
    return {
        name.removeprefix(start): {field: value for field, value in cell.items() if field not in envelope}
        for name, cell in (await service.cells(manifest)).items()
        if name.startswith(start)
    }
