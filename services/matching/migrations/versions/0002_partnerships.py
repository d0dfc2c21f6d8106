"""Needs, offers, proposals, withdrawals, and the secret of the links; members get a name."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("member", sa.Column("name", sa.String(), nullable=True))
    op.create_table(
        "need",
        sa.Column("need_id", sa.String(), nullable=False),
        sa.Column("member_id", sa.String(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("zip", sa.String(), nullable=False),
        sa.Column("lat", sa.Float(), nullable=False),
        sa.Column("lon", sa.Float(), nullable=False),
        sa.Column("timezone", sa.String(), nullable=False),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("places", sa.Integer(), nullable=False),
        sa.Column("radius_miles", sa.Integer(), nullable=True),
        sa.Column("shop_types", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("program_id", sa.String(), nullable=True),
        sa.Column("cip", sa.String(), nullable=True),
        sa.Column("contact_id", sa.String(), nullable=True),
        sa.Column("title", sa.String(), nullable=True),
        sa.Column("students", sa.Integer(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("answer_by", sa.Date(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("need_id"),
    )
    op.create_index("need_state_idx", "need", ["state", "need_id"])
    op.create_index("need_open_idx", "need", ["kind", "lat", "lon"], postgresql_where=sa.text("state = 'open'"))
    op.create_index("need_member_idx", "need", ["member_id"])
    op.create_table(
        "offer",
        sa.Column("offer_id", sa.String(), nullable=False),
        sa.Column("member_id", sa.String(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("zip", sa.String(), nullable=False),
        sa.Column("lat", sa.Float(), nullable=False),
        sa.Column("lon", sa.Float(), nullable=False),
        sa.Column("timezone", sa.String(), nullable=False),
        sa.Column("radius_miles", sa.Integer(), nullable=True),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("period", sa.String(), nullable=True),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("offer_id"),
    )
    op.create_index("offer_place_idx", "offer", ["kind", "lat", "lon"], postgresql_where=sa.text("NOT withdrawn"))
    op.create_index("offer_member_idx", "offer", ["member_id"])
    op.create_table(
        "withdrawal",
        sa.Column("thing", sa.String(), nullable=False),
        sa.Column("thing_id", sa.String(), nullable=False),
        sa.Column("member_id", sa.String(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("thing", "thing_id", "member_id"),
    )
    op.create_table(
        "proposal",
        sa.Column("proposal_id", sa.String(), nullable=False),
        sa.Column("need_id", sa.String(), nullable=False),
        sa.Column("offer_id", sa.String(), nullable=False),
        sa.Column("requested_by", sa.String(), nullable=False),
        sa.Column("offered_by", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("distance_miles", sa.Integer(), nullable=False),
        sa.Column("answer_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("declined_by", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("requester_says", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("offerer_says", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["need_id"], ["need.need_id"]),
        sa.ForeignKeyConstraint(["offer_id"], ["offer.offer_id"]),
        sa.PrimaryKeyConstraint("proposal_id"),
        sa.UniqueConstraint("need_id", "offer_id"),
    )
    op.create_index("proposal_offer_idx", "proposal", ["offer_id", "day"])
    op.create_index("proposal_requested_by_idx", "proposal", ["requested_by"])
    op.create_index("proposal_offered_by_idx", "proposal", ["offered_by"])
    op.create_table(
        "secret",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )


def downgrade() -> None:
    for table in ("secret", "proposal", "withdrawal", "offer", "need"):
        op.drop_table(table)
    op.drop_column("member", "name")
