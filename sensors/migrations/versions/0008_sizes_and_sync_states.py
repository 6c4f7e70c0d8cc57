"""How large a trouble was when it was told, and which snapshot's scores each system has."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("operation_events", sa.Column("size", sa.Integer))
    op.create_table(
        "sync_states",
        sa.Column("system", sa.String(50), primary_key=True),
        sa.Column("snapshot_version", sa.String(200), nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("again_at", sa.DateTime),
        sa.Column("why", sa.Text),
    )


def downgrade() -> None:
    op.drop_table("sync_states")
    with op.batch_alter_table("operation_events", recreate="never") as table:
        table.drop_column("size")
