"""What is remembered of the cells of each release: rules 3 to 5 judge a release by the ones before it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "release_memory",
        sa.Column("stamp", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("measure", sa.String(), nullable=False),
        sa.Column("policy_ids", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("releases", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("cells", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("stamp", "measure"),
    )
    # What was shown before has no memory to be judged by: the next release shows it by all rules (decision 0509).
    op.execute("DELETE FROM released_cell")


def downgrade() -> None:
    op.drop_table("release_memory")
