"""The tables of matching's database, beside the chassis's outbox and inbox."""

from datetime import date

from chassis.inbox import inbox_table
from chassis.outbox import outbox_table
from sqlalchemy import BigInteger, Index, MetaData
from sqlmodel import Field, SQLModel


class Base(SQLModel):
    """What all tables of this service share: metadata of their own, so that no other service's tables slip in."""

    metadata = MetaData()


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


OUTBOX = outbox_table(Base.metadata)
INBOX = inbox_table(Base.metadata)
MEMBER = Base.metadata.tables["member"]
SITE = Base.metadata.tables["site"]
