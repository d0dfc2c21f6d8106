"""Sign-in by link: the links, who asked how often, and contacts found by email."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sign_in_link",
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("contact_id", sa.String(), nullable=True),
        sa.Column("operator", sa.String(), nullable=True),
        sa.Column("next", sa.String(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(contact_id IS NULL) <> (operator IS NULL)", name="sign_in_link_for_one"),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.contact_id"]),
        sa.PrimaryKeyConstraint("token_hash"),
    )
    op.create_table(
        "sign_in_request",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("address_hash", sa.String(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_sign_in_request_address_hash"), "sign_in_request", ["address_hash"], unique=False)
    op.create_index("ix_contact_email", "contact", [sa.text("lower(email)")], unique=False)


def downgrade() -> None:
    op.drop_index("ix_contact_email", table_name="contact")
    op.drop_index(op.f("ix_sign_in_request_address_hash"), table_name="sign_in_request")
    op.drop_table("sign_in_request")
    op.drop_table("sign_in_link")
