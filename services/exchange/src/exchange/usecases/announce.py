"""What an epoch tells the world: its manifest, and an event for every cell that changed or may no longer be shown."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from contracts.event import Event
from contracts.exchange import BenchmarkPublished, BenchmarkWithdrawn, ExchangeEpoch

from exchange.adapters.epochs import EpochRow, ReleasedCell
from exchange.domain.disclosure import Figures


def dollars(cents: int) -> str:
    """2700 -> "27.00"."""
    return f"{cents // 100}.{cents % 100:02d}"


def as_body(figure: Figures) -> dict[str, Any]:
    """A cell's numbers as they are shown, stored and sent."""
    return {
        "percentiles": {name: dollars(cents) for name, cents in figure.percentiles.items()},
        "intervals": {name: [dollars(low), dollars(high)] for name, (low, high) in figure.intervals.items()},
        "contributors": figure.contributors,
    }


def manifest(row: EpochRow) -> ExchangeEpoch:
    """What anyone needs to recompute every number of an epoch from the log."""
    return ExchangeEpoch.model_validate(
        {
            "epoch": row.epoch,
            "serial": row.serial,
            "kind": row.kind,
            "policies": row.policies,
            "cutoffs": {measure: date.fromisoformat(text) for measure, text in row.cutoffs.items()},
            "offsets": {t: {int(p): offset for p, offset in of.items()} for t, of in row.offsets.items()},
            "partitions": row.partitions,
            "released_at": row.released_at,
        }
    )


def published(row: EpochRow, cells: Iterable[ReleasedCell], before: Mapping[str, ReleasedCell]) -> list[Event]:
    """That these cells have new numbers; `before` are the numbers that they take the place of."""
    events: list[Event] = []
    for cell in cells:
        fields: dict[str, Any] = {
            "cell": cell.cell, "epoch": row.epoch, "serial": row.serial, "policy_id": cell.policy_id,
            "percentiles": cell.body["percentiles"], "intervals": cell.body["intervals"],
            "contributors": cell.body["contributors"],
        }  # fmt: skip
        if (previous := before.get(cell.cell)) is not None:
            fields["previous"] = previous.body["percentiles"]
        events.append(BenchmarkPublished.model_validate(fields))
    return events


def withdrawn(row: EpochRow, cells: Iterable[str]) -> list[Event]:
    """That these cells may no longer be shown."""
    return [BenchmarkWithdrawn(cell=name, epoch=row.epoch, serial=row.serial) for name in cells]
