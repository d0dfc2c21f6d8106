"""Generations of the shards. None is written down yet: the first process to look makes the one that serves."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "generation",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("partitions", sa.Integer(), nullable=False),
        sa.Column("told", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("counted", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("served_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_index(
        "generation_one_of_each",
        "generation",
        ["state"],
        unique=True,
        postgresql_where=sa.text("state IN ('building', 'serving')"),
    )


def downgrade() -> None:
    op.drop_index(
        "generation_one_of_each",
        table_name="generation",
        postgresql_where=sa.text("state IN ('building', 'serving')"),
    )
    op.drop_table("generation")
