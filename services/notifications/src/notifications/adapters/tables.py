"""The tables of notifications' database, beside the chassis's outbox and inbox."""

from datetime import datetime
from typing import Any

from chassis.inbox import inbox_table
from chassis.outbox import outbox_table
from sqlalchemy import ARRAY, BigInteger, Column, DateTime, Index, MetaData, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

MOMENT: Any = DateTime(timezone=True)


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
    # A text that came back says a number, and no name.
    __table_args__ = (Index("contact_phone_idx", "phone", postgresql_where=text("phone IS NOT NULL")),)

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


class MessageRow(Base, table=True):
    """One message to one person over one channel, for one cause: from being planned to what became of it.

    Who has no contact (`contact_id` empty) is a stranger who wrote to us. `data` is what the template says and goes when
    the message has gone; `address` is where it went.
    """

    __tablename__ = "message"
    __table_args__ = (
        UniqueConstraint("source", "cause", "contact_id", "channel", "template", name="message_once_uq"),
        Index("message_due_idx", "due_at", postgresql_where=text("status IN ('planned', 'held')")),
        Index("message_attempting_idx", "attempted_at", postgresql_where=text("status = 'attempting'")),
        Index("message_token_uq", "token", unique=True, postgresql_where=text("token IS NOT NULL")),
    )

    message_id: str = Field(primary_key=True)
    source: str
    cause: str = Field(index=True)
    origin: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    member_id: str = Field(index=True)
    contact_id: str = Field(index=True)
    channel: str
    template: str
    class_: str = Field(sa_column=Column("class", Text, nullable=False))
    data: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    about: str | None = Field(default=None, index=True)
    answers_text: bool
    address: str | None = Field(default=None, index=True)
    status: str
    reason: str | None = None
    revision: int = Field(sa_type=BigInteger)
    attempts: int
    segments: int | None = None
    token: str | None = None
    planned_at: datetime = Field(sa_type=MOMENT)
    due_at: datetime = Field(sa_type=MOMENT)
    late_after: datetime | None = Field(default=None, sa_type=MOMENT)
    attempted_at: datetime | None = Field(default=None, sa_type=MOMENT)
    settled_at: datetime | None = Field(default=None, sa_type=MOMENT)


class NoticeRow(Base, table=True):
    """A notice for a member of whom nobody can be reached yet; it waits for the first who can."""

    __tablename__ = "notice"

    notice_id: str = Field(primary_key=True)
    member_id: str = Field(index=True)
    source: str
    cause: str
    origin: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    body: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    until: datetime = Field(sa_type=MOMENT, index=True)


class ProposalRow(Base, table=True):
    """How far a proposal has come, so that what is behind tells nobody anything."""

    __tablename__ = "proposal"

    proposal_id: str = Field(primary_key=True)
    revision: int = Field(sa_type=BigInteger)
    accepted: bool


class SmsCodeRow(Base, table=True):
    """The short code of a question that went to a number. A closed one stays for a while, so that a late reply names it."""

    __tablename__ = "sms_code"

    phone: str = Field(primary_key=True)
    code: str = Field(primary_key=True)
    proposal_id: str = Field(index=True)
    need_id: str
    member_id: str
    contact_id: str = Field(index=True)
    title: str | None = None
    ends_at: datetime = Field(sa_type=MOMENT)
    closed: bool


class SuppressionRow(Base, table=True):
    """An address that asked for no more, known by its digest; `class` is `*` where nothing at all is wanted."""

    __tablename__ = "suppression"

    channel: str = Field(primary_key=True)
    digest: str = Field(primary_key=True)
    class_: str = Field(sa_column=Column("class", Text, primary_key=True))
    at: datetime = Field(sa_type=MOMENT)
    reason: str


class SubscriptionRow(Base, table=True):
    """Who wants to hear when a benchmark moves, and how far; `contact_id` is empty where the member itself asked."""

    __tablename__ = "subscription"
    __table_args__ = (UniqueConstraint("member_id", "contact_id", "cell", name="subscription_once_uq"),)

    subscription_id: str = Field(primary_key=True)
    member_id: str
    contact_id: str = Field(index=True)
    cell: str = Field(index=True)
    threshold: str
    told_epoch: int
    made_at: datetime = Field(sa_type=MOMENT)


class InboundRow(Base, table=True):
    """A text that came in, once: without the words and the number, of which the digests are enough."""

    __tablename__ = "inbound"
    __table_args__ = (Index("inbound_phone_idx", "phone_digest", "at"),)

    identity: str = Field(primary_key=True)
    phone_digest: str
    text_digest: str
    meaning: str
    at: datetime = Field(sa_type=MOMENT)


class SmsPartRow(Base, table=True):
    """One part of a text by the name that the provider gave it, and its receipt, whichever of the two is known first."""

    __tablename__ = "sms_part"

    provider_id: str = Field(primary_key=True)
    message_id: str | None = Field(default=None, index=True)
    phone_digest: str
    state: str | None = None
    at: datetime = Field(sa_type=MOMENT, index=True)


OUTBOX = outbox_table(Base.metadata)
INBOX = inbox_table(Base.metadata)
MEMBER = Base.metadata.tables["member"]
CONTACT = Base.metadata.tables["contact"]
MESSAGE = Base.metadata.tables["message"]
NOTICE = Base.metadata.tables["notice"]
PROPOSAL = Base.metadata.tables["proposal"]
SMS_CODE = Base.metadata.tables["sms_code"]
SUPPRESSION = Base.metadata.tables["suppression"]
SUBSCRIPTION = Base.metadata.tables["subscription"]
INBOUND = Base.metadata.tables["inbound"]
SMS_PART = Base.metadata.tables["sms_part"]
