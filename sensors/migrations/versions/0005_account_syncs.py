"""What other systems have acknowledged of an account's score, tier and risk."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "account_syncs",
        sa.Column("system", sa.String(50), primary_key=True),
        sa.Column("account_id", sa.String(200), primary_key=True),
        sa.Column("external_id", sa.String(200), nullable=False),
        sa.Column("content_hash", sa.String(64)),
        sa.Column("acknowledged_at", sa.DateTime),
        sa.Column("as_of", sa.Date),
        sa.Column("last_error", sa.Text),
    )


def downgrade() -> None:
    op.drop_table("account_syncs")
