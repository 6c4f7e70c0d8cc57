"""What people said of knowledge-base candidates, and what was exported: only ever appended to."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "knowledge_events",
        sa.Column(
            "event_id",
            sa.BigInteger().with_variant(sa.Integer, "sqlite"),
            primary_key=True,
            autoincrement=True,
        ),
        sa.Column("candidate_id", sa.String(200), nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("verdict", sa.String(20), nullable=False),
        sa.Column("who", sa.String(200), nullable=False),
        sa.Column("why", sa.Text),
        sa.Column("question", sa.Text),
        sa.Column("answer", sa.Text),
        sa.CheckConstraint("verdict in ('approved', 'rejected', 'exported')", name="is_known_verdict"),
        sa.CheckConstraint(
            "verdict <> 'approved' or (question is not null and answer is not null)",
            name="says_what_is_approved",
        ),
    )
    op.create_index("knowledge_events_candidate", "knowledge_events", ["candidate_id", "event_id"])
    if op.get_bind().dialect.name == "sqlite":
        for change in ("update", "delete"):
            op.execute(
                f"create trigger knowledge_events_no_{change} before {change} on knowledge_events"
                " begin select raise(abort, 'knowledge_events is append-only'); end"
            )
        return
    op.execute(
        "create or replace function refuse_change_to_history() returns trigger language plpgsql as"
        " $$ begin raise exception '% is append-only', tg_table_name; end $$"
    )
    op.execute(
        "create trigger knowledge_events_no_change before update or delete on knowledge_events"
        " for each row execute function refuse_change_to_history()"
    )


def downgrade() -> None:
    op.drop_table("knowledge_events")
