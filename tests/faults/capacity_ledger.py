"""What holds an offer's capacity, worked out from the log alone; it shares nothing with the system."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from outside import Record

HOLDS, FREES = ("proposed",), ("declined", "expired")
Slot = tuple[str, str]  # an offer and a period of it


def slot(offer: Mapping[str, Any], offer_id: str, day: str) -> Slot:
    """The offer and the period that a day falls into; `once` has only one."""
    when = date.fromisoformat(day)
    month = f"{when.year}-{when.month}"
    quarter = f"{when.year} Q{(when.month + 2) // 3}"
    return offer_id, {"once": "", "month": month, "quarter": quarter}[offer["period"]]


@dataclass
class Ledger:
    """Proposals that hold capacity, by slot; `oversold` says when it was ever more than there is."""

    offers: Mapping[str, Mapping[str, Any]]
    holding: dict[Slot, set[str]] = field(default_factory=lambda: defaultdict(set))
    oversold: list[str] = field(default_factory=list)

    def take(self, offer_id: str, day: str, proposal_id: str) -> None:
        offer = self.offers[offer_id]
        held = self.holding[slot(offer, offer_id, day)]
        held.add(proposal_id)
        if len(held) > offer["capacity"]:
            self.oversold.append(f"{offer_id} ({offer['capacity']} a {offer['period']}) held {sorted(held)}")

    def free(self, offer_id: str, day: str, proposal_id: str) -> None:
        self.holding[slot(self.offers[offer_id], offer_id, day)].discard(proposal_id)

    def room(self, offer_id: str, day: str) -> int:
        offer = self.offers[offer_id]
        return int(offer["capacity"]) - len(self.holding[slot(offer, offer_id, day)])

    @property
    def held(self) -> set[str]:
        """All proposals that hold capacity."""
        return set().union(*self.holding.values())


def ledger_of(offers: Mapping[str, Mapping[str, Any]], steps: Mapping[str, Iterable[Record]]) -> Ledger:
    """Every proposal in the order in which it was told, which its own clock says: what ended was told before what took its place."""
    ledger = Ledger(offers)
    found = [(record.header("ce_time") or "", step, record) for step in (*FREES, *HOLDS) for record in steps[step]]
    seen: set[str | None] = set()
    for _, step, record in sorted(found, key=lambda one: (one[0], one[1] in HOLDS)):
        body = record.body
        if record.header("ce_id") in seen or body.get("proposal_id") is None:
            continue
        seen.add(record.header("ce_id"))
        what = ledger.take if step in HOLDS else ledger.free
        what(body["offer_id"], body["starts_on"], body["proposal_id"])
    return ledger
