"""Bodies of `pay.submitted` into VERSION records, many at a time by the compiled reader."""

from dataclasses import dataclass

import numpy as np

from exchange.domain.addresses import Array
from exchange.domain.layout import VERSION
from exchange.domain.ledger import name_of
from exchange.entrypoints.collector.envelopes import Found
from exchange.entrypoints.collector.pay_scan import scan_bodies

_LONGEST = 4096  # a longer body is unusual enough for the contract


@dataclass(frozen=True, slots=True)
class PayRows:
    """The bodies that are plainly right: row i came from record `at[i]`; `spans[i]` are the places of its ids."""

    at: list[int]
    data: Array
    spans: Array  # member_id's start and end in `data`, then submission_id's
    rows: Array  # VERSION
    others: list[int]  # records for the codec and the contract to read

    def member_id(self, i: int) -> str:
        """The member that row i is of."""
        start, end = self.spans[i, :2]
        return self.data[start:end].tobytes().decode("ascii")

    def name(self, i: int) -> bytes:
        """What the ledger calls the submission that row i is of."""
        start, end = self.spans[i, 2:]
        return name_of(self.member_id(i), self.data[start:end].tobytes().decode("ascii"))


def read_pay(found: Found, chains: Array) -> PayRows:
    """Rows for the records that are plainly right, envelope and body."""
    records = found.records
    rows = np.zeros(len(records), VERSION)
    spans = np.zeros((len(records), 4), np.int64)
    starts = records["start"]
    looked = (records["plain"] > 0) & (records["end"] - starts <= _LONGEST)
    scan_bodies(found.data, starts, np.where(looked, records["end"], starts), chains, rows, spans)
    good = rows["value"] > 0
    rows["offset"] = records["offset"]
    if not good.all():
        rows, spans = rows[good], spans[good]
    return PayRows(np.flatnonzero(good).tolist(), found.data, spans, rows, np.flatnonzero(~good).tolist())
