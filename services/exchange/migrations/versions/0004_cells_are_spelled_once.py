"""The numbers of a cell are text that is spelled once; what has changed is told to the log from the cells themselves."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# The keys and values are codes and amounts, so that these two spaces are JSONB's own.
_COMPACT = "replace(replace(body::text, ': ', ':'), ', ', ',')"


def upgrade() -> None:
    op.alter_column("released_cell", "body", type_=sa.Text(), postgresql_using=_COMPACT)
    op.alter_column("released_cell", "cell", type_=sa.String(collation="C"))
    # The primary key finds a cell's versions as well, and a release writes tens of thousands of rows.
    op.drop_index("released_cell_shown", table_name="released_cell")
    # Epochs of before were told by the outbox; of one under way nothing has been told yet.
    op.add_column("epoch", sa.Column("told", sa.String(), nullable=True))
    op.execute("UPDATE epoch SET told = '' WHERE state <> 'published'")


def downgrade() -> None:
    op.drop_column("epoch", "told")
    op.create_index(
        "released_cell_shown", "released_cell", ["cell"], unique=False, postgresql_where=sa.text("until IS NULL")
    )
    op.alter_column("released_cell", "cell", type_=sa.String())
    body = postgresql.JSONB(astext_type=sa.Text())
    op.alter_column("released_cell", "body", type_=body, postgresql_using="body::jsonb")
