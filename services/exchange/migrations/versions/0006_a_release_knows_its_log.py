"""A release says which record lies before each of its offsets; of those before, no record is known."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # With a default, for a process of before that makes an epoch while the new ones start.
    last = sa.Column(
        "last", postgresql.JSONB(astext_type=sa.Text()), nullable=False, server_default=sa.text("'{}'::jsonb")
    )
    op.add_column("epoch", last)


def downgrade() -> None:
    op.drop_column("epoch", "last")
