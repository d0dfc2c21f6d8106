"""Messages: planned, sent and settled; what waits, what is asked by text, who wants no more, who follows what."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "inbound",
        sa.Column("identity", sa.String(), nullable=False),
        sa.Column("phone_digest", sa.String(), nullable=False),
        sa.Column("text_digest", sa.String(), nullable=False),
        sa.Column("meaning", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("identity"),
    )
    op.create_index("inbound_phone_idx", "inbound", ["phone_digest", "at"], unique=False)
    op.create_table(
        "message",
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("origin", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("member_id", sa.String(), nullable=False),
        sa.Column("contact_id", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("template", sa.String(), nullable=False),
        sa.Column("class", sa.Text(), nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("about", sa.String(), nullable=True),
        sa.Column("answers_text", sa.Boolean(), nullable=False),
        sa.Column("address", sa.String(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("segments", sa.Integer(), nullable=True),
        sa.Column("token", sa.String(), nullable=True),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("late_after", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("message_id"),
        sa.UniqueConstraint("source", "cause", "contact_id", "channel", "template", name="message_once_uq"),
    )
    op.create_index(op.f("ix_message_about"), "message", ["about"], unique=False)
    op.create_index(op.f("ix_message_address"), "message", ["address"], unique=False)
    op.create_index(op.f("ix_message_cause"), "message", ["cause"], unique=False)
    op.create_index(op.f("ix_message_contact_id"), "message", ["contact_id"], unique=False)
    op.create_index(op.f("ix_message_member_id"), "message", ["member_id"], unique=False)
    op.create_index(
        "message_attempting_idx",
        "message",
        ["attempted_at"],
        unique=False,
        postgresql_where=sa.text("status = 'attempting'"),
    )
    op.create_index(
        "message_due_idx",
        "message",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("status IN ('planned', 'held')"),
    )
    op.create_index(
        "message_token_uq", "message", ["token"], unique=True, postgresql_where=sa.text("token IS NOT NULL")
    )
    op.create_table(
        "notice",
        sa.Column("notice_id", sa.String(), nullable=False),
        sa.Column("member_id", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("origin", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("notice_id"),
    )
    op.create_index(op.f("ix_notice_member_id"), "notice", ["member_id"], unique=False)
    op.create_index(op.f("ix_notice_until"), "notice", ["until"], unique=False)
    op.create_table(
        "proposal",
        sa.Column("proposal_id", sa.String(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("accepted", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("proposal_id"),
    )
    op.create_table(
        "sms_code",
        sa.Column("phone", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("proposal_id", sa.String(), nullable=False),
        sa.Column("need_id", sa.String(), nullable=False),
        sa.Column("member_id", sa.String(), nullable=False),
        sa.Column("contact_id", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("phone", "code"),
    )
    op.create_index(op.f("ix_sms_code_contact_id"), "sms_code", ["contact_id"], unique=False)
    op.create_index(op.f("ix_sms_code_proposal_id"), "sms_code", ["proposal_id"], unique=False)
    op.create_table(
        "sms_part",
        sa.Column("provider_id", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=True),
        sa.Column("phone_digest", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("provider_id"),
    )
    op.create_index(op.f("ix_sms_part_at"), "sms_part", ["at"], unique=False)
    op.create_index(op.f("ix_sms_part_message_id"), "sms_part", ["message_id"], unique=False)
    op.create_table(
        "subscription",
        sa.Column("subscription_id", sa.String(), nullable=False),
        sa.Column("member_id", sa.String(), nullable=False),
        sa.Column("contact_id", sa.String(), nullable=False),
        sa.Column("cell", sa.String(), nullable=False),
        sa.Column("threshold", sa.String(), nullable=False),
        sa.Column("told_epoch", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("subscription_id"),
        sa.UniqueConstraint("member_id", "contact_id", "cell", name="subscription_once_uq"),
    )
    op.create_index(op.f("ix_subscription_cell"), "subscription", ["cell"], unique=False)
    op.create_index(op.f("ix_subscription_contact_id"), "subscription", ["contact_id"], unique=False)
    op.create_table(
        "suppression",
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("class", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("channel", "digest", "class"),
    )
    op.create_index(
        "contact_phone_idx", "contact", ["phone"], unique=False, postgresql_where=sa.text("phone IS NOT NULL")
    )


def downgrade() -> None:
    op.drop_index("contact_phone_idx", table_name="contact", postgresql_where=sa.text("phone IS NOT NULL"))
    op.drop_table("suppression")
    op.drop_index(op.f("ix_subscription_contact_id"), table_name="subscription")
    op.drop_index(op.f("ix_subscription_cell"), table_name="subscription")
    op.drop_table("subscription")
    op.drop_index(op.f("ix_sms_part_message_id"), table_name="sms_part")
    op.drop_index(op.f("ix_sms_part_at"), table_name="sms_part")
    op.drop_table("sms_part")
    op.drop_index(op.f("ix_sms_code_proposal_id"), table_name="sms_code")
    op.drop_index(op.f("ix_sms_code_contact_id"), table_name="sms_code")
    op.drop_table("sms_code")
    op.drop_table("proposal")
    op.drop_index(op.f("ix_notice_until"), table_name="notice")
    op.drop_index(op.f("ix_notice_member_id"), table_name="notice")
    op.drop_table("notice")
    op.drop_index("message_token_uq", table_name="message", postgresql_where=sa.text("token IS NOT NULL"))
    op.drop_index("message_due_idx", table_name="message", postgresql_where=sa.text("status IN ('planned', 'held')"))
    op.drop_index("message_attempting_idx", table_name="message", postgresql_where=sa.text("status = 'attempting'"))
    op.drop_index(op.f("ix_message_member_id"), table_name="message")
    op.drop_index(op.f("ix_message_contact_id"), table_name="message")
    op.drop_index(op.f("ix_message_cause"), table_name="message")
    op.drop_index(op.f("ix_message_address"), table_name="message")
    op.drop_index(op.f("ix_message_about"), table_name="message")
    op.drop_table("message")
    op.drop_index("inbound_phone_idx", table_name="inbound")
    op.drop_table("inbound")
