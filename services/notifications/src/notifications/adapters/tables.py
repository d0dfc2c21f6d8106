"""The tables of notifications' database, beside the chassis's outbox and inbox."""

from typing import Any

from chassis.inbox import inbox_table
from chassis.outbox import outbox_table
from sqlalchemy import ARRAY, BigInteger, Column, MetaData, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel


class Base(SQLModel):
    """What all tables of this service share: metadata of their own, so that no other service's tables slip in."""

    metadata = MetaData()


class MemberRow(Base, table=True):
    """What a message says of a member, at the newest revision heard of."""

    __tablename__ = "member"

    member_id: str = Field(primary_key=True)
    revision: int = Field(sa_type=BigInteger)
    kind: str
    status: str
    name: str | None = None


class ContactRow(Base, table=True):
    """How a person is reached; of an erased one nothing is left but the revision, so that nothing old comes back."""

    __tablename__ = "contact"

    contact_id: str = Field(primary_key=True)
    revision: int = Field(sa_type=BigInteger)
    member_id: str | None = Field(default=None, index=True)
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    roles: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    timezone: str | None = None
    language: str | None = None
    consents: list[dict[str, Any]] = Field(sa_column=Column(JSONB, nullable=False))
    erased: bool


OUTBOX = outbox_table(Base.metadata)
INBOX = inbox_table(Base.metadata)
MEMBER = Base.metadata.tables["member"]
CONTACT = Base.metadata.tables["contact"]
