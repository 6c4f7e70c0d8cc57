"""What people hold back, which troubles were told, and until when an action is news: appended to only."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

APPENDED_TO = ("holds", "operation_events")


def upgrade() -> None:
    op.add_column("deliveries", sa.Column("send_until_at", sa.DateTime))
    op.create_table(
        "holds",
        _event_id(),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("scope", sa.String(20), nullable=False),
        sa.Column("held", sa.String(200), nullable=False),
        sa.Column("verdict", sa.String(20), nullable=False),
        sa.Column("who", sa.String(200), nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("until", sa.DateTime),
        sa.CheckConstraint("scope in ('play', 'channel', 'account')", name="is_known_scope"),
        sa.CheckConstraint("verdict in ('set', 'lifted')", name="is_known_hold_verdict"),
    )
    op.create_index("holds_held", "holds", ["scope", "held", "event_id"])
    op.create_table(
        "operation_events",
        _event_id(),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("trouble", sa.String(200), nullable=False),
        sa.Column("verdict", sa.String(20), nullable=False),
        sa.Column("words", sa.Text, nullable=False),
        sa.CheckConstraint("verdict in ('opened', 'closed')", name="is_known_operation_verdict"),
    )
    op.create_index("operation_events_trouble", "operation_events", ["trouble", "event_id"])
    for table in APPENDED_TO:
        _refuse_changes(table)


def downgrade() -> None:
    for table in reversed(APPENDED_TO):
        op.drop_table(table)
    with op.batch_alter_table("deliveries", recreate="never") as batch:
        batch.drop_column("send_until_at")


def _event_id() -> sa.Column[int]:
    kind = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    return sa.Column("event_id", kind, primary_key=True, autoincrement=True)


def _refuse_changes(table: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        for change in ("update", "delete"):
            op.execute(
                f"create trigger {table}_no_{change} before {change} on {table}"
                f" begin select raise(abort, '{table} is append-only'); end"
            )
        return
    op.execute(
        f"create trigger {table}_no_change before update or delete on {table}"
        " for each row execute function refuse_change_to_history()"
    )
