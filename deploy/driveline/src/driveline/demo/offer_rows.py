"""What the exchange answers of benefits and labor rates, beside what went in, and how much it released of each measure."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import httpx

from driveline.calls import answer
from driveline.demo.offers import Answer, Offers
from driveline.verify import money
from driveline.verify.values import NAMES, percentile_cont

STATE = "PA"
STEPS = {"percent_paid_by_employer": 5, "days_year": 1, "usd_year": 50}  # of the policy `benefits-2026`
RATE_STEP = 1_00  # cents, of `labor-rates-2026`


@dataclass(frozen=True, slots=True)
class OfferRow:
    """One answer, as it was released and as what was put in comes to; `official` is the mean that stands beside it."""

    asked: str
    said: dict[str, Any]
    released: dict[str, str]
    put_in: dict[str, str]

    @property
    def exact(self) -> bool:
        """Whether the asked cell itself answered, with exactly what went in, rounded by the policy."""
        known = {name: self.put_in.get(name) for name in self.released}
        return self.said["status"] == "published" and bool(self.released) and known == self.released

    @property
    def official(self) -> str:
        """The official mean hourly pay of technicians in the state, or nothing."""
        return str(self.said.get("official", {}).get("state", {}).get("mean", ""))


def offer_rows(exchange: httpx.Client, offers: Offers) -> list[OfferRow]:
    """One state's answers: each benefit of the demo, and the door rate."""
    rows = []
    for benefit in sorted({one.benefit for one in offers.answers}):
        here = [one for one in offers.answers if one.benefit == benefit and one.shop.state == STATE]
        said = _ask(exchange, "benefits", benefit=benefit, state=STATE)
        amount = said.get("amount")
        released = {name: said[name] for name in ("share",) if name in said}
        released |= {"amount": amount["p50"]} if amount else {}
        rows.append(OfferRow(f"{benefit}, {STATE}", said, released, _benefit(here, amount["unit"] if amount else None)))
    kind = "mechanical_door"
    cents = sorted(one.cents for one in offers.rates if one.kind == kind and one.shop.state == STATE)
    said = _ask(exchange, "labor-rates", kind=kind, state=STATE)
    put_in = (
        {name: money.text(money.half_up(percentile_cont(cents, q), RATE_STEP)) for name, q in NAMES.items()}
        if cents
        else {}
    )
    return [*rows, OfferRow(f"{kind}, {STATE}", said, dict(said.get("percentiles", {})), put_in)]


def cells_by_measure(exchange: httpx.Client, manifest: Mapping[str, Any]) -> dict[str, int]:
    """How many cells an epoch shows, by measure, from its export."""
    return dict(Counter(cell.partition("|")[0] for cell in exported(exchange, manifest)))


def exported(exchange: httpx.Client, manifest: Mapping[str, Any]) -> list[str]:
    """Every cell that an epoch shows."""
    with exchange.stream("GET", f"/v1/epochs/{manifest['epoch']}/{manifest['serial']}/cells") as lines:
        lines.raise_for_status()
        return [json.loads(line)["cell"] for line in lines.iter_lines()]


def _ask(exchange: httpx.Client, measure: str, **filters: str) -> dict[str, Any]:
    said: dict[str, Any] = answer(exchange.get(f"/v1/benchmarks/{measure}", params=filters))
    return said


def _benefit(answers: list[Answer], unit: str | None) -> dict[str, str]:
    """The share that offers, and the middle amount, as the policy rounds them."""
    if not answers:
        return {}
    share = Fraction(100 * sum(one.offered for one in answers), len(answers))
    found = {"share": str(money.half_up(share, 5))}
    amounts = sorted(one.amount for one in answers if one.amount is not None)
    if amounts and unit is not None:
        middle = money.half_up(percentile_cont(amounts, NAMES["p50"]), STEPS[unit])
        found["amount"] = f"{middle}.00" if unit.startswith("usd_") else str(middle)
    return found
