"""A generation says which measures its shards collect: those of before passed over benefits and labor rates."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    measures = sa.Column("measures", postgresql.JSONB(astext_type=sa.Text()), nullable=True)
    op.add_column("generation", measures)
    op.execute("""UPDATE generation SET measures = '["pay", "technician-pay"]'""")
    op.alter_column("generation", "measures", nullable=False)


def downgrade() -> None:
    op.drop_column("generation", "measures")
