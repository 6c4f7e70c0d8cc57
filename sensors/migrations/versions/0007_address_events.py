"""What comes back of mail (addresses it does not reach, opt-outs), and the kind of each message."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("deliveries", sa.Column("message_kind", sa.String(20)))
    op.create_table(
        "address_events",
        sa.Column(
            "event_id",
            sa.BigInteger().with_variant(sa.Integer, "sqlite"),
            primary_key=True,
            autoincrement=True,
        ),
        sa.Column("origin", sa.String(64), nullable=False, unique=True),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("email", sa.String(320), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("action_id", sa.String(200)),
        sa.Column("detail", sa.Text),
        sa.CheckConstraint(
            "kind in ('hard_bounce', 'soft_bounce', 'complaint', 'unsubscribe')", name="is_known_kind"
        ),
    )
    if op.get_bind().dialect.name == "sqlite":
        for change in ("update", "delete"):
            op.execute(
                f"create trigger address_events_no_{change} before {change} on address_events"
                " begin select raise(abort, 'address_events is append-only'); end"
            )
        return
    op.execute(
        "create trigger address_events_no_change before update or delete on address_events"
        " for each row execute function refuse_change_to_history()"
    )


def downgrade() -> None:
    op.drop_table("address_events")
    with op.batch_alter_table("deliveries", recreate="never") as table:
        table.drop_column("message_kind")
