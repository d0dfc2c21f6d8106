"""The tables of matching's database, beside the chassis's outbox and inbox."""

from datetime import date, datetime
from typing import Any

from chassis.inbox import inbox_table
from chassis.outbox import outbox_table
from sqlalchemy import ARRAY, BigInteger, Column, DateTime, Index, LargeBinary, MetaData, Text, UniqueConstraint, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel


class Base(SQLModel):
    """What all tables of this service share: metadata of their own, so that no other service's tables slip in."""

    metadata = MetaData()


def _moment() -> Any:
    return Field(sa_column=Column(DateTime(timezone=True), nullable=False))


def _now() -> Any:
    return Field(sa_column=Column(DateTime(timezone=True), nullable=False, server_default=func.now()))


def _json() -> Any:
    return Field(default=None, sa_column=Column(JSONB(none_as_null=True), nullable=True))


class MemberRow(Base, table=True):
    """What matching needs to know of a member, at the newest revision it has heard of."""

    __tablename__ = "member"

    member_id: str = Field(primary_key=True)
    revision: int = Field(sa_type=BigInteger)
    kind: str
    status: str
    verified_on: date | None = None
    shop_type: str | None = None
    size: str | None = None
    level: str | None = None
    name: str | None = None


class SiteRow(Base, table=True):
    """A place at which a member can be met: its own address, or one of its locations."""

    __tablename__ = "site"
    __table_args__ = (Index("site_lat_lon_idx", "lat", "lon"),)

    member_id: str = Field(primary_key=True, foreign_key="member.member_id")
    site_id: str = Field(primary_key=True)
    zip: str
    lat: float
    lon: float
    timezone: str
    shop_type: str | None = None


class NeedRow(Base, table=True):
    """A need at its newest revision. Its member may be unknown yet: facts arrive in any order."""

    __tablename__ = "need"
    __table_args__ = (
        Index("need_state_idx", "state", "need_id"),
        Index("need_open_idx", "kind", "lat", "lon", postgresql_where="state = 'open'"),
        Index("need_member_idx", "member_id"),
    )

    need_id: str = Field(primary_key=True)
    member_id: str
    revision: int = Field(sa_type=BigInteger)
    kind: str
    zip: str
    lat: float
    lon: float
    timezone: str
    closes_at: datetime = _moment()
    places: int
    radius_miles: int | None = None
    shop_types: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    program_id: str | None = None
    cip: str | None = None
    contact_id: str | None = None
    title: str | None = None
    students: int | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    answer_by: date | None = None
    state: str
    opened_at: datetime = _now()


class OfferRow(Base, table=True):
    """An offer at its newest revision. Who makes a proposal of it locks it, so that its capacity is counted by one alone."""

    __tablename__ = "offer"
    __table_args__ = (
        Index("offer_place_idx", "kind", "lat", "lon", postgresql_where="NOT withdrawn"),
        Index("offer_member_idx", "member_id"),
    )

    offer_id: str = Field(primary_key=True)
    member_id: str
    revision: int = Field(sa_type=BigInteger)
    kind: str
    zip: str
    lat: float
    lon: float
    timezone: str
    radius_miles: int | None = None
    capacity: int
    period: str | None = None
    withdrawn: bool


class WithdrawalRow(Base, table=True):
    """The newest revision at which a member took a need or an offer back: it may be heard of before the thing itself."""

    __tablename__ = "withdrawal"

    thing: str = Field(primary_key=True)
    thing_id: str = Field(primary_key=True)
    member_id: str = Field(primary_key=True)
    revision: int = Field(sa_type=BigInteger)


class ProposalRow(Base, table=True):
    """A need and an offer put together. The capacity that is taken is counted from these rows, and kept nowhere else."""

    __tablename__ = "proposal"
    __table_args__ = (
        UniqueConstraint("need_id", "offer_id"),
        Index("proposal_offer_idx", "offer_id", "day"),
        Index("proposal_requested_by_idx", "requested_by"),
        Index("proposal_offered_by_idx", "offered_by"),
    )

    proposal_id: str = Field(primary_key=True)
    need_id: str = Field(foreign_key="need.need_id")
    offer_id: str = Field(foreign_key="offer.offer_id")
    requested_by: str
    offered_by: str
    day: date
    distance_miles: int
    answer_until: datetime = _moment()
    revision: int
    state: str
    declined_by: str | None = None
    reason: str | None = None
    requester_says: dict[str, Any] | None = _json()
    offerer_says: dict[str, Any] | None = _json()
    since: datetime = _moment()
    made_at: datetime = _now()


class SecretRow(Base, table=True):
    """A secret of this service's own, made when it is first needed."""

    __tablename__ = "secret"

    name: str = Field(primary_key=True)
    value: bytes = Field(sa_type=LargeBinary)


OUTBOX = outbox_table(Base.metadata)
INBOX = inbox_table(Base.metadata)
MEMBER = Base.metadata.tables["member"]
SITE = Base.metadata.tables["site"]
NEED = Base.metadata.tables["need"]
OFFER = Base.metadata.tables["offer"]
WITHDRAWAL = Base.metadata.tables["withdrawal"]
PROPOSAL = Base.metadata.tables["proposal"]
SECRET = Base.metadata.tables["secret"]
