"""What an epoch tells the world: its manifest, and an event for every cell that changed or may no longer be shown."""

from datetime import date
from typing import Final

import msgspec
import numpy as np
from contracts.exchange import ExchangeEpoch

from exchange.adapters.epochs import Change, EpochRow
from exchange.domain.disclosure import NAMES, Summary
from exchange.domain.offering import NOT_GIVEN, Offering
from exchange.domain.quantiles import BANDS


class _Body(msgspec.Struct):
    """What `spelled` spells, in parts; of benefits there are neither percentiles nor intervals."""

    contributors: str
    intervals: msgspec.Raw = msgspec.Raw()
    percentiles: msgspec.Raw = msgspec.Raw()
    share: msgspec.Raw = msgspec.Raw()
    amount: dict[str, str] | None = None


_parts = msgspec.json.Decoder(_Body).decode
_NOTHING: Final = _Body("")
_BITS: Final = 1 << np.arange(3 * len(NAMES))


def dollars(cents: int) -> str:
    """2700 -> "27.00"."""
    return f"{cents // 100}.{cents % 100:02d}"


def spelled(summary: Summary | Offering) -> list[str]:
    """The numbers of cells as JSON, as they are stored, shown and sent: the same numbers are always the same text."""
    return _offering(summary) if isinstance(summary, Offering) else _percentiles(summary)


def _offering(offering: Offering) -> list[str]:
    """`{"share":"65","amount":{"unit":"days_year","p50":"10"},"contributors":"10_19"}`."""
    rows = zip(
        offering.shares.tolist(), offering.amounts.tolist(), offering.bands.tolist(), offering.units, strict=True
    )
    bodies = []
    for share, amount, band, unit in rows:
        text = "" if share == NOT_GIVEN else f'"share":"{share // 100}",'
        if amount != NOT_GIVEN and unit is not None:
            p50 = dollars(amount) if unit.startswith("usd_") else str(amount // 100)
            text += f'"amount":{{"unit":"{unit}","p50":"{p50}"}},'
        bodies.append(f'{{{text}"contributors":"{BANDS[band]}"}}')
    return bodies


def _percentiles(summary: Summary) -> list[str]:
    """`{"intervals":{"p50":["26.00","28.00"]},"percentiles":{"p25":"24.00",...},"contributors":"10_19"}`.

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
    before = _NOTHING if change.before is None else _parts(change.before)
    parts = [
        (b"amount", _amount(now)),
        (b"cell", b'"%b"' % change.cell.encode()),
        (b"contributors", b'"%b"' % now.contributors.encode()),
        (b"epoch", b"%d" % row.epoch),
        (b"intervals", bytes(now.intervals)),
        (b"percentiles", bytes(now.percentiles)),
        (b"policy_id", b'"%b"' % change.policy_id.encode()),
        (b"previous", bytes(before.percentiles)),
        (b"previous_amount", _amount(before)),
        (b"previous_share", bytes(before.share)),
        (b"serial", b"%d" % row.serial),
        (b"share", bytes(now.share)),
    ]
    return b"{%b}" % b",".join(b'"%b":%b' % part for part in parts if part[1])


def _amount(body: _Body) -> bytes:
    return b"" if body.amount is None else msgspec.json.encode(body.amount, order="sorted")


def withdrawn(row: EpochRow, cell: str) -> bytes:
    """That a cell may no longer be shown: the canonical body of a BenchmarkWithdrawn."""
    return b'{"cell":"%b","epoch":%d,"serial":%d}' % (cell.encode(), row.epoch, row.serial)
