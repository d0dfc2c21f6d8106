"""What an epoch tells the world: its manifest, and an event for every cell that changed or may no longer be shown."""

from datetime import date
from typing import Final

import msgspec
import numpy as np
from contracts.exchange import ExchangeEpoch

from exchange.adapters.epochs import Change, EpochRow
from exchange.domain.disclosure import NAMES, Summary
from exchange.domain.quantiles import BANDS


class _Body(msgspec.Struct):
    """What `spelled` spells, in parts."""

    intervals: msgspec.Raw
    percentiles: msgspec.Raw
    contributors: str


_parts = msgspec.json.Decoder(_Body).decode
_BITS: Final = 1 << np.arange(3 * len(NAMES))


def dollars(cents: int) -> str:
    """2700 -> "27.00"."""
    return f"{cents // 100}.{cents % 100:02d}"


def spelled(summary: Summary) -> list[str]:
    """The numbers of cells as JSON, as they are stored, shown and sent: the same numbers are always the same text.

    Cells that are given the same of them differ in the amounts only, and there are few kinds of cells and of amounts.
    """
    columns = np.concatenate([summary.intervals.reshape(-1, 2 * len(NAMES)), summary.percentiles], axis=1)
    given = columns >= 0
    kinds = given @ _BITS * len(BANDS) + summary.bands
    amounts, at = np.unique(columns, return_inverse=True)
    texts = np.array([dollars(cents) for cents in amounts.tolist()], np.object_)[at.reshape(columns.shape)]
    found = np.empty(len(columns), np.object_)
    for kind in np.unique(kinds):
        rows = np.flatnonzero(kinds == kind)
        template = _template(tuple(given[rows[0]].tolist()), BANDS[kind % len(BANDS)])
        found[rows] = [template % tuple(row) for row in texts[rows][:, given[rows[0]]].tolist()]
    bodies: list[str] = found.tolist()
    return bodies


def _template(given: tuple[bool, ...], band: str) -> str:
    """The body of a cell with these of the ends of intervals and of the percentiles, with a %s for each."""
    both, each = given[: 2 * len(NAMES) : 2], given[2 * len(NAMES) :]
    intervals = ",".join(f'"{name}":["%s","%s"]' for name, there in zip(NAMES, both, strict=True) if there)
    percentiles = ",".join(f'"{name}":"%s"' for name, there in zip(NAMES, each, strict=True) if there)
    return f'{{"intervals":{{{intervals}}},"percentiles":{{{percentiles}}},"contributors":"{band}"}}'


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
