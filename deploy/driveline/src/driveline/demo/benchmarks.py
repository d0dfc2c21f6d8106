"""Act two: what everybody may read now, beside the official statistic and beside what went in."""

from dataclasses import dataclass, field
from typing import Any

import httpx

from driveline.calls import answer
from driveline.demo.story import Standing
from driveline.verify import money
from driveline.verify.values import NAMES, percentile_cont

SHOP_TYPE = "independent_repair"  # in the demo these shops employ automotive technicians (49-3023) and nobody else
NATION = (SHOP_TYPE, "independent_collision", "truck_dealer")


@dataclass(frozen=True, slots=True)
class Row:
    """One answer of the exchange, with what the demo put into that cell."""

    place: str
    shop_type: str
    said: dict[str, Any]
    put_in: dict[str, str] = field(default_factory=dict)

    @property
    def published(self) -> bool:
        """Whether the asked cell itself answered."""
        return bool(self.said["status"] == "published")

    def number(self, name: str) -> str:
        """A released percentile, or nothing."""
        return str(self.said.get("percentiles", {}).get(name, "")) if self.published else ""

    @property
    def exact(self) -> bool:
        """Whether every released percentile is the one of the entries that were put in, rounded by the policy."""
        return self.published and all(self.put_in[name] == self.number(name) for name in self.said["percentiles"])


def ask(exchange: httpx.Client, **filters: str) -> dict[str, Any]:
    """`GET /v1/benchmarks/pay`, without login."""
    said: dict[str, Any] = answer(exchange.get("/v1/benchmarks/pay", params=filters))
    return said


def rounded(cents: list[int], step: int = 25) -> dict[str, str]:
    """The percentiles of entries as the policy rounds them."""
    ordered = sorted(cents)
    if not ordered:
        return {}
    return {name: money.text(money.half_up(percentile_cont(ordered, q), step)) for name, q in NAMES.items()}


def nation(exchange: httpx.Client, standing: list[Standing]) -> list[Row]:
    """The nation by type of shop, each of which employs one official occupation here."""
    rows = []
    for kind in NATION:
        cents = [entry.cents for entry in standing if entry.shop.shop_type == kind]
        rows.append(Row("US", kind, ask(exchange, shop_type=kind), rounded(cents)))
    return rows


def states(exchange: httpx.Client, standing: list[Standing]) -> list[Row]:
    """Every state with entries, independent repair shops."""
    found: dict[str, list[int]] = {}
    for entry in standing:
        if entry.shop.shop_type == SHOP_TYPE:
            found.setdefault(entry.shop.state, []).append(entry.cents)
    return [
        Row(state, SHOP_TYPE, ask(exchange, state=state, shop_type=SHOP_TYPE), rounded(cents))
        for state, cents in sorted(found.items())
    ]
