"""What an epoch tells the world: its manifest, and an event for every cell that changed or may no longer be shown."""

from datetime import date
from typing import Final

import msgspec
from contracts.exchange import ExchangeEpoch

from exchange.adapters.epochs import Change, EpochRow
from exchange.domain.disclosure import NAMES, Summary
from exchange.domain.quantiles import BANDS


class _Dollars(dict[int, str]):
    """Amounts as JSON: 2700 -> '"27.00"'. There are some hundred, and millions of places where they stand."""

    def __missing__(self, cents: int) -> str:
        text = self[cents] = f'"{cents // 100}.{cents % 100:02d}"'
        return text


class _Body(msgspec.Struct):
    """What `spelled` spells, in parts."""

    intervals: msgspec.Raw
    percentiles: msgspec.Raw
    contributors: str


_DOLLARS: Final = _Dollars()
_parts = msgspec.json.Decoder(_Body).decode


def spelled(summary: Summary) -> list[str]:
    """The numbers of cells as they are stored, shown and sent: the same numbers are always the same text."""
    dollars = _DOLLARS
    found = []
    rows = zip(summary.percentiles.tolist(), summary.intervals.tolist(), summary.bands.tolist(), strict=True)
    for shown, between, band in rows:
        percentiles = ",".join(
            [f'"{name}":{dollars[cents]}' for name, cents in zip(NAMES, shown, strict=True) if cents >= 0]
        )
        intervals = ",".join(
            [
                f'"{name}":[{dollars[low]},{dollars[high]}]'
                for name, (low, high) in zip(NAMES, between, strict=True)
                if low >= 0
            ]
        )
        found.append(f'{{"intervals":{{{intervals}}},"percentiles":{{{percentiles}}},"contributors":"{BANDS[band]}"}}')
    return found


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


def published(row: EpochRow, change: Change) -> bytes:
    """That a cell has new numbers: the canonical body of a BenchmarkPublished, put together from what is spelled already."""
    now = _parts(change.body)
    previous = b"" if change.before is None else b'"previous":%b,' % bytes(_parts(change.before).percentiles)
    return b'{"cell":"%b","contributors":"%b","epoch":%d,"intervals":%b,"percentiles":%b,"policy_id":"%b",%b"serial":%d}' % (
        change.cell.encode(), now.contributors.encode(), row.epoch, bytes(now.intervals), bytes(now.percentiles),
        change.policy_id.encode(), previous, row.serial,
    )  # fmt: skip


def withdrawn(row: EpochRow, cell: str) -> bytes:
    """That a cell may no longer be shown: the canonical body of a BenchmarkWithdrawn."""
    return b'{"cell":"%b","epoch":%d,"serial":%d}' % (cell.encode(), row.epoch, row.serial)
