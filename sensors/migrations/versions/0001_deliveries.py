"""Deliveries, their append-only history, the snapshots already read, and the channels that rest."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

IS_QUEUED = sa.text("(state in ('pending', 'failed')) is true")
IS_SENDING = sa.text("(state = 'sending') is true")


def upgrade() -> None:
    op.create_table(
        "deliveries",
        sa.Column("action_id", sa.String(200), primary_key=True),
        sa.Column("channel", sa.String(50), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("first_attempt_at", sa.DateTime),
        sa.Column("delivered_at", sa.DateTime),
        sa.Column("destination_ref", sa.Text),
        sa.Column("last_error", sa.Text),
        sa.Column("account_id", sa.String(200)),
        sa.Column("play_id", sa.String(100)),
        sa.Column("activity", sa.String(100)),
        sa.Column("mode", sa.String(20)),
        sa.Column("template_id", sa.String(100)),
        sa.Column("recipient", sa.Text),
        sa.Column("recipient_name", sa.Text),
        sa.Column("reason", sa.Text),
        sa.Column("suppressed_by", sa.String(100)),
        sa.Column("suppressed_reason", sa.Text),
        sa.Column("is_immediate", sa.Boolean, nullable=False),
        sa.Column("priority", sa.Integer, nullable=False),
        sa.Column("decided_for", sa.Date),
        sa.Column("sla_due_at", sa.DateTime),
        sa.Column("policy_valid_from", sa.Date),
        sa.Column("facts", sa.Text),
        sa.Column("snapshot_version", sa.String(100)),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("attempts_forgiven", sa.Integer, nullable=False),
        sa.Column("destination", sa.String(50)),
        sa.Column("claimed_by", sa.String(200)),
        sa.Column("claimed_at", sa.DateTime),
        sa.Column("lease_expires_at", sa.DateTime),
        sa.Column("next_attempt_at", sa.DateTime),
        sa.Column("message_hash", sa.String(64)),
        sa.CheckConstraint(
            "state in ('pending', 'sending', 'delivered', 'failed', 'dead', 'suppressed', 'held')",
            name="is_known_state",
        ),
    )
    op.create_index(
        "deliveries_queue",
        "deliveries",
        [sa.text("is_immediate desc"), "priority", "decided_for", "action_id"],
        sqlite_where=IS_QUEUED,
        postgresql_where=IS_QUEUED,
    )
    op.create_index(
        "deliveries_sending",
        "deliveries",
        ["lease_expires_at"],
        sqlite_where=IS_SENDING,
        postgresql_where=IS_SENDING,
    )
    op.create_index("deliveries_state", "deliveries", ["state"])
    op.create_table(
        "delivery_events",
        sa.Column(
            "event_id",
            sa.BigInteger().with_variant(sa.Integer, "sqlite"),
            primary_key=True,
            autoincrement=True,
        ),
        sa.Column("action_id", sa.String(200), nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("from_state", sa.String(20)),
        sa.Column("to_state", sa.String(20), nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("who", sa.String(200), nullable=False),
        sa.Column("detail", sa.Text),
    )
    op.create_index("delivery_events_action", "delivery_events", ["action_id", "event_id"])
    op.create_table(
        "snapshots",
        sa.Column("version", sa.String(200), primary_key=True),
        sa.Column("read_at", sa.DateTime, nullable=False),
        sa.Column("decisions", sa.Integer, nullable=False),
        sa.Column("enqueued", sa.Integer, nullable=False),
        sa.Column("suppressed", sa.Integer, nullable=False),
    )
    op.create_table(
        "rests",
        sa.Column("channel", sa.String(50), primary_key=True),
        sa.Column("until", sa.DateTime, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
    )
    _refuse_changes_to_history()


def downgrade() -> None:
    for table in ("rests", "snapshots", "delivery_events", "deliveries"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("drop function refuse_change_to_history()")


def _refuse_changes_to_history() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for change in ("update", "delete"):
            op.execute(
                f"create trigger delivery_events_no_{change} before {change} on delivery_events"
                " begin select raise(abort, 'delivery_events is append-only'); end"
            )
        return
    op.execute(
        "create function refuse_change_to_history() returns trigger language plpgsql as"
        " $$ begin raise exception 'delivery_events is append-only'; end $$"
    )
    op.execute(
        "create trigger delivery_events_no_change before update or delete on delivery_events"
        " for each row execute function refuse_change_to_history()"
    )
