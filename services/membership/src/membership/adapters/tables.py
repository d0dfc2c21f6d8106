"""The tables of membership's database, beside the chassis's outbox and inbox."""

from datetime import date, datetime
from typing import Any

from chassis.outbox import outbox_table
from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Index,
    MetaData,
    PrimaryKeyConstraint,
    Text,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel


class Base(SQLModel):
    """What all tables of this service share: metadata of their own, so that no other service's tables slip in."""

    metadata = MetaData()


def _texts() -> Any:
    return Field(sa_column=Column(ARRAY(Text), nullable=False))


def _json() -> Any:
    return Field(sa_column=Column(JSONB, nullable=False))


def _now() -> Any:
    return Field(default=None, sa_column=Column(DateTime(timezone=True), nullable=False, server_default=func.now()))


class MemberRow(Base, table=True):
    """One member at its newest revision."""

    __tablename__ = "member"

    member_id: str = Field(primary_key=True)
    revision: int = Field(sa_type=BigInteger)
    kind: str
    status: str
    verified_on: date | None = None
    name: str | None = None
    address: str | None = None
    city: str | None = None
    state: str | None = None
    zip: str | None = None
    shop_type: str | None = None
    size: str | None = None
    ownership: str | None = None
    level: str | None = None
    external_ids: list[dict[str, str]] = _json()
    locations: list[dict[str, Any]] = _json()
    programs: list[dict[str, Any]] = _json()
    joined_at: datetime = _now()


class IdentityRow(Base, table=True):
    """A mark by which a member is recognised when it applies again: a request id, an external id, an address ..."""

    __tablename__ = "member_identity"
    __table_args__ = (PrimaryKeyConstraint("kind", "value"),)

    kind: str
    value: str
    rank: int
    member_id: str = Field(foreign_key="member.member_id", index=True)


class ContactRow(Base, table=True):
    """A person's contact data; an erased one keeps its id and revision only."""

    __tablename__ = "contact"

    contact_id: str = Field(primary_key=True)
    revision: int = Field(sa_type=BigInteger)
    member_id: str = Field(foreign_key="member.member_id", index=True)
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    roles: list[str] = _texts()
    timezone: str | None = None
    language: str
    consents: list[dict[str, Any]] = _json()
    erased: bool


class SignInLinkRow(Base, table=True):
    """A link that signs somebody in once: a contact, or an operator by the name of the client that asked for it.

    The token is kept as a hash, so that whoever reads this table signs in as nobody.
    """

    __tablename__ = "sign_in_link"
    __table_args__ = (CheckConstraint("(contact_id IS NULL) <> (operator IS NULL)", name="sign_in_link_for_one"),)

    token_hash: str = Field(primary_key=True)
    contact_id: str | None = Field(default=None, foreign_key="contact.contact_id")
    operator: str | None = None
    next: str
    expires_at: datetime = Field(sa_type=DateTime(timezone=True))
    used_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))


class SignInRequestRow(Base, table=True):
    """That somebody typed an address into the sign-in form; it may be nobody's, so only its hash is kept, for minutes."""

    __tablename__ = "sign_in_request"

    id: int | None = Field(default=None, sa_type=BigInteger, primary_key=True)
    address_hash: str = Field(index=True)
    asked_at: datetime = Field(sa_type=DateTime(timezone=True))


class PartnerRow(Base, table=True):
    """A system that may publish for the members that granted it."""

    __tablename__ = "partner"

    partner: str = Field(primary_key=True)
    scopes: list[str] = _texts()
    registered_at: datetime = _now()


class ClientRow(Base, table=True):
    """OAuth2 client credentials of a partner or of a member's own system; the secret is kept as a hash."""

    __tablename__ = "client"

    client_id: str = Field(primary_key=True)
    secret_hash: str
    partner: str | None = Field(default=None, foreign_key="partner.partner")
    member_id: str | None = Field(default=None, foreign_key="member.member_id")
    scopes: list[str] = _texts()
    registered_at: datetime = _now()


class GrantRow(Base, table=True):
    """What a member lets a partner do; a grant without scopes was taken back."""

    __tablename__ = "partner_grant"
    __table_args__ = (PrimaryKeyConstraint("member_id", "partner"),)

    member_id: str = Field(foreign_key="member.member_id")
    partner: str = Field(foreign_key="partner.partner")
    scopes: list[str] = _texts()
    revision: int = Field(sa_type=BigInteger)


class KeyRow(Base, table=True):
    """A signing key; it stays published until every token that it may have signed has expired."""

    __tablename__ = "signing_key"

    kid: str = Field(primary_key=True)
    private_jwk: dict[str, Any] = _json()
    made_at: datetime = _now()


class ReceiptRow(Base, table=True):
    """What became of one submitted event; `later` when a service after the intake refused it."""

    __tablename__ = "receipt"
    __table_args__ = (PrimaryKeyConstraint("submitter", "ce_id", "ce_source"),)

    submitter: str
    ce_id: str
    ce_source: str
    ce_type: str
    outcome: str
    reason: str | None = None
    later: bool = Field(default=False, sa_column_kwargs={"server_default": "false"})
    at: datetime = _now()


OUTBOX = outbox_table(Base.metadata)
MEMBER = Base.metadata.tables["member"]
IDENTITY = Base.metadata.tables["member_identity"]
CONTACT = Base.metadata.tables["contact"]
Index("ix_contact_email", func.lower(CONTACT.c.email))
SIGN_IN_LINK = Base.metadata.tables["sign_in_link"]
SIGN_IN_REQUEST = Base.metadata.tables["sign_in_request"]
PARTNER = Base.metadata.tables["partner"]
CLIENT = Base.metadata.tables["client"]
GRANT = Base.metadata.tables["partner_grant"]
KEY = Base.metadata.tables["signing_key"]
RECEIPT = Base.metadata.tables["receipt"]
