"""What the contract has read of a submission into a VERSION record, of any measure."""

import zlib
from fractions import Fraction

import numpy as np
from contracts.effective_pay import to_cents
from contracts.exchange import BenefitsSubmitted, LaborRateSubmitted, PositionPay

from exchange.domain.addresses import Array
from exchange.domain.codes import (
    BENEFITS,
    EXPERIENCES,
    LABOR_RATE_KINDS,
    PLANS,
    ROLES,
    SHOP_TYPES,
    SIZES,
    credential_level,
    numbered,
)
from exchange.domain.layout import VERSION
from exchange.domain.offering import LEAST_AMOUNT, NOT_OFFERED, OFFERED

_ROLES, _BENEFITS, _KINDS = numbered(ROLES), numbered(BENEFITS), numbered(LABOR_RATE_KINDS)
_EXPERIENCES, _SHOP_TYPES = numbered(EXPERIENCES), numbered(SHOP_TYPES)
_PLANS, _SIZES = numbered(PLANS), numbered(SIZES)


def row_of(said: PositionPay | BenefitsSubmitted | LaborRateSubmitted, body: bytes, offset: int) -> Array:
    """One VERSION record of a submission: `body` is what it was read from, `offset` where its record lies."""
    row = np.zeros(1, VERSION)
    row["revision"], row["offset"], row["checksum"] = said.revision, offset, zlib.crc32(body)
    row["effective"], row["zip"] = said.effective_on.toordinal(), int(said.zip)
    row["shop_type"] = _SHOP_TYPES[said.shop_type]
    if isinstance(said, BenefitsSubmitted):
        row["value"], row["subject"], row["grade"] = answer(said), _BENEFITS[said.benefit], _SIZES[said.size]
    elif isinstance(said, LaborRateSubmitted):
        row["value"], row["subject"] = said.posted_cents(), _KINDS[said.kind]
    else:
        row["value"], row["subject"], row["grade"] = (
            said.effective_cents(),
            _ROLES[said.role],
            _EXPERIENCES[said.experience],
        )
        row["plan"], row["size"] = _PLANS[said.plan], _SIZES[said.size]
        row["credential_level"] = credential_level(said.credentials)
    return row


def answer(said: BenefitsSubmitted) -> int:
    """A shop's answer to a benefit as one whole number (`offering`), its amount in hundredths, rounded half up."""
    if not said.offered:
        return NOT_OFFERED
    return OFFERED if said.amount is None else LEAST_AMOUNT + to_cents(Fraction(said.amount))
