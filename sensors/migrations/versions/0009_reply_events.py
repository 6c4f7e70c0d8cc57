"""Which messages a person answered, by mail or in their thread."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reply_events",
        sa.Column(
            "event_id",
            sa.BigInteger().with_variant(sa.Integer, "sqlite"),
            primary_key=True,
            autoincrement=True,
        ),
        sa.Column("origin", sa.String(64), nullable=False, unique=True),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("action_id", sa.String(200), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("author", sa.String(320)),
        sa.Column("replied_at", sa.DateTime, nullable=False),
        sa.CheckConstraint("kind in ('email_reply', 'slack_reply')", name="is_known_reply"),
    )
    op.create_index("reply_events_action", "reply_events", ["action_id"])
    if op.get_bind().dialect.name == "sqlite":
        for change in ("update", "delete"):
            op.execute(
                f"create trigger reply_events_no_{change} before {change} on reply_events"
                " begin select raise(abort, 'reply_events is append-only'); end"
            )
        return
    op.execute(
        "create trigger reply_events_no_change before update or delete on reply_events"
        " for each row execute function refuse_change_to_history()"
    )


def downgrade() -> None:
    op.drop_table("reply_events")
