"""When an action's snapshot was published, and from when on a channel's rate lets the next message go."""

import sqlalchemy as sa
from alembic import op

from warehouse.snapshots import published_at

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "rates",
        sa.Column("channel", sa.String(50), primary_key=True),
        sa.Column("free_at", sa.Double, nullable=False),
    )
    op.add_column("deliveries", sa.Column("published_at", sa.DateTime))
    connection = op.get_bind()
    for version in connection.scalars(sa.text("select distinct snapshot_version from deliveries")).all():
        moment = published_at(version) if version else None
        if moment is not None:
            statement = sa.text("update deliveries set published_at = :at where snapshot_version = :version")
            statement = statement.bindparams(sa.bindparam("at", type_=sa.DateTime))
            connection.execute(statement, {"at": moment.replace(tzinfo=None), "version": version})


def downgrade() -> None:
    with op.batch_alter_table("deliveries", recreate="never") as table:
        table.drop_column("published_at")
    op.drop_table("rates")
