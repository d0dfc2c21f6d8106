"""The events of the exchange: what is submitted, what is withdrawn, and what a release says."""

from __future__ import annotations

from fractions import Fraction
from typing import ClassVar, Self

from pydantic import Field, model_validator

from contracts import effective_pay
from contracts.event import Event, Fact, Refused, shown
from contracts.fields import CellKey, Cents, Day, Id, ListedZip, Moment, Offset, Plain, Revision, Slug, TopicName
from contracts.vocabulary import (
    BENEFIT_UNIT,
    Benefit,
    BenefitUnit,
    ContributorBand,
    Credential,
    EpochKind,
    Experience,
    LaborRateKind,
    Measure,
    PayPlan,
    RateUnit,
    Role,
    ShopSize,
    ShopType,
)

# The exchange keeps an amount in 25 bits, to the hundredth.
MOST_OF_UNIT = {
    "percent_paid_by_employer": 100,
    "percent_of_pay": 100,
    "days_year": 366,
    "usd_year": 250_000,
    "usd_once": 250_000,
}


class Submission(Event):
    """What the four kinds of submission share: identity, revision, whose it is, and from when it counts."""

    key_field: ClassVar[str | None] = "member_id"

    submission_id: Id
    revision: Revision
    member_id: Id
    shop_type: ShopType
    zip: ListedZip
    effective_on: Day


class PositionPay(Submission):
    """One position's pay, under any plan."""

    role: Role
    experience: Experience
    size: ShopSize
    plan: PayPlan
    rate: Plain
    rate_unit: RateUnit
    hours_clocked: Plain
    hours_flagged: Plain | None = None
    hours_guaranteed: Plain | None = None
    base_rate: Plain | None = None
    labor_sales_week: Plain | None = None
    weekly_extra: Plain | None = None
    annual_bonus: Plain | None = None
    credentials: tuple[Credential, ...] = Field(default=(), max_length=100)

    def effective_hourly(self) -> Fraction:
        """Return effective pay in dollars an hour, exact."""
        return effective_pay.effective_hourly(
            plan=self.plan,
            rate=self.rate,
            rate_unit=self.rate_unit,
            hours_clocked=self.hours_clocked,
            hours_flagged=self.hours_flagged,
            hours_guaranteed=self.hours_guaranteed,
            base_rate=self.base_rate,
            labor_sales_week=self.labor_sales_week,
            weekly_extra=self.weekly_extra,
            annual_bonus=self.annual_bonus,
        )

    def effective_cents(self) -> int:
        """Return effective pay in cents an hour, rounded half up."""
        return effective_pay.to_cents(self.effective_hourly())

    @model_validator(mode="after")
    def _pay_is_possible(self) -> Self:
        effective_pay.plausible_cents(self.effective_hourly())
        return self


class PaySubmitted(PositionPay):
    """A shop says what one of its positions is paid."""

    topic: ClassVar[str] = "pay.submitted"


class TechnicianPaySubmitted(PositionPay):
    """A technician says what their own position is paid."""

    topic: ClassVar[str] = "technician-pay.submitted"


class BenefitsSubmitted(Submission):
    """One shop's answer to one benefit."""

    topic: ClassVar[str] = "benefits.submitted"

    size: ShopSize
    benefit: Benefit
    offered: bool
    amount: Plain | None = None
    unit: BenefitUnit | None = None

    @model_validator(mode="after")
    def _unit_belongs_to_benefit(self) -> Self:
        unit = BENEFIT_UNIT.get(self.benefit)
        if self.amount is not None and unit is None:
            raise Refused("amount", f"benefit {self.benefit!r} has none")
        if self.unit is not None and self.unit != unit:
            belongs = f"has {unit!r}" if unit else "has none"
            raise Refused("unit", f"{shown(self.unit)} does not belong to benefit {self.benefit!r}, which {belongs}")
        if self.amount is None:
            return self
        if self.unit is None:
            raise Refused("unit", f"is missing, an amount of benefit {self.benefit!r} is in {unit!r}")
        most = MOST_OF_UNIT.get(self.unit)
        if most is not None and Fraction(self.amount) > most:
            raise Refused("amount", f"{self.amount!r} is more than {most}, all there can be of {self.unit!r}")
        return self


class LaborRateSubmitted(Submission):
    """One posted labor rate of a shop: what hangs at the counter, never a contracted price."""

    topic: ClassVar[str] = "labor-rate.submitted"

    kind: LaborRateKind
    posted_rate: Plain

    def posted_cents(self) -> int:
        """Return the posted rate in cents an hour, rounded half up."""
        return effective_pay.to_cents(Fraction(self.posted_rate))

    @model_validator(mode="after")
    def _rate_is_possible(self) -> Self:
        low, high = (5_00, 200_00) if self.kind == "paint_materials" else (20_00, 500_00)
        if not low <= self.posted_cents() <= high:
            span = f"{effective_pay.dollar_text(low)} to {effective_pay.dollar_text(high)}"
            raise Refused("posted_rate", f"{self.posted_rate!r} is outside {span} for kind {self.kind!r}")
        return self


class SubmissionWithdrawn(Event):
    """A contributor takes back one submission: no revision up to this one counts any more."""

    topic: ClassVar[str] = "submission.withdrawn"
    key_field: ClassVar[str | None] = "member_id"

    submission_id: Id
    revision: Revision
    member_id: Id
    measure: Measure


class ExchangeEpoch(Event):
    """The manifest of a release or sweep: what anyone needs to recompute every number of it from the log.

    `offsets` gives for each collected topic and partition the offset of the first record that did not count.
    """

    topic: ClassVar[str] = "exchange.epoch"

    epoch: int = Field(ge=1)
    serial: int = Field(ge=0)
    kind: EpochKind
    policies: dict[Measure, Slug]
    cutoffs: dict[Measure, Day]
    offsets: dict[TopicName, dict[int, Offset]]
    partitions: int = Field(ge=1)
    released_at: Moment


class Amount(Fact):
    """The released amount of a benefit, with its unit."""

    unit: BenefitUnit
    p50: Plain


class BenchmarkPublished(Event):
    """A cell has new released numbers; the previous ones are those shown before, of whichever kind the measure has."""

    topic: ClassVar[str] = "benchmark.published"
    key_field: ClassVar[str | None] = "cell"

    cell: CellKey
    epoch: int = Field(ge=1)
    serial: int = Field(ge=0)
    policy_id: Slug
    percentiles: dict[str, Cents] = Field(default_factory=dict)
    intervals: dict[str, tuple[Cents, Cents]] = Field(default_factory=dict)
    share: Plain | None = None
    amount: Amount | None = None
    contributors: ContributorBand
    previous: dict[str, Cents] | None = None
    previous_share: Plain | None = None
    previous_amount: Amount | None = None


class BenchmarkWithdrawn(Event):
    """A cell may no longer be shown, and neither may anything that was shown of it."""

    topic: ClassVar[str] = "benchmark.withdrawn"
    key_field: ClassVar[str | None] = "cell"

    cell: CellKey
    epoch: int = Field(ge=1)
    serial: int = Field(ge=0)
