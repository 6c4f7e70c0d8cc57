"""The review queue: rows that wait for a person, and what that person said."""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

STATES = ("pending", "sending", "delivered", "failed", "dead", "suppressed", "held")
ADDED: tuple[sa.Column[Any], ...] = (
    sa.Column("send_after_at", sa.DateTime),
    sa.Column("expires_at", sa.DateTime),
    sa.Column("edits", sa.Text),
    sa.Column("approved_at", sa.DateTime),
    sa.Column("approved_by", sa.String(200)),
    sa.Column("approved_content", sa.Text),
    sa.Column("approved_hash", sa.String(64)),
)
IS_APPROVED = (
    "coalesce(mode, '') <> 'assisted' or approved_at is not null"
    " or state not in ('pending', 'sending', 'failed', 'delivered')"
)
IS_UNSENT = "mode = 'assisted' and state in ('pending', 'failed')"
IS_QUEUED = sa.text("(state in ('pending', 'failed')) is true")
IS_SENDING = sa.text("(state = 'sending') is true")


def upgrade() -> None:
    for column in ADDED:
        op.add_column("deliveries", column)
    _constrain(("awaiting_approval", *STATES), is_approved=None)
    # What had been tried was let go without approval, as was then the rule; what had not waits for a person.
    op.execute(
        "update deliveries set approved_at = created_at, approved_by = 'nobody was asked yet'"
        f" where mode = 'assisted' and not ({IS_UNSENT})"
    )
    _remember("awaiting_approval", "assisted actions wait for a person", IS_UNSENT)
    op.execute(f"update deliveries set state = 'awaiting_approval', next_attempt_at = null where {IS_UNSENT}")
    _constrain(("awaiting_approval", *STATES), is_approved=IS_APPROVED)


def downgrade() -> None:
    _remember("held", "this version knows no approval", "state = 'awaiting_approval'")
    op.execute("update deliveries set state = 'held' where state = 'awaiting_approval'")
    _constrain(STATES, is_approved=None)
    with op.batch_alter_table("deliveries", recreate="never") as table:
        for column in reversed(ADDED):
            table.drop_column(column.name)


def _remember(state: str, why: str, which: str) -> None:
    """Note in the history that these rows change their state."""
    statement = sa.text(
        "insert into delivery_events (action_id, at, from_state, to_state, attempt, who, detail)"
        " select action_id, :at, state, :state, attempts, 'migration 0002', :why from deliveries"
        f" where {which}"
    ).bindparams(sa.bindparam("at", type_=sa.DateTime))
    now = datetime.now(UTC).replace(tzinfo=None)
    op.get_bind().execute(statement, {"at": now, "state": state, "why": why})


def _constrain(states: tuple[str, ...], *, is_approved: str | None) -> None:
    """Give `deliveries` these checks in place of those it has."""
    known = f"state in ({', '.join(repr(state) for state in states)})"
    if op.get_bind().dialect.name == "postgresql":
        for name, condition in (("is_known_state", known), ("is_approved_by_a_person", is_approved)):
            op.execute(f"alter table deliveries drop constraint if exists {name}")
            if condition is not None:
                op.create_check_constraint(name, "deliveries", condition)
        return
    # SQLite changes checks by making the table anew; its indexes, whose order can't be reflected, by hand.
    for index in ("deliveries_queue", "deliveries_sending", "deliveries_state"):
        op.drop_index(index, table_name="deliveries")
    standing = sa.Table("deliveries", sa.MetaData(), autoload_with=op.get_bind())
    for constraint in [each for each in standing.constraints if isinstance(each, sa.CheckConstraint)]:
        standing.constraints.remove(constraint)
    standing.append_constraint(sa.CheckConstraint(known, name="is_known_state"))
    if is_approved is not None:
        standing.append_constraint(sa.CheckConstraint(is_approved, name="is_approved_by_a_person"))
    with op.batch_alter_table("deliveries", recreate="always", copy_from=standing):
        pass
    _index()


def _index() -> None:
    queue: list[str | sa.TextClause] = [sa.text("is_immediate desc"), "priority", "decided_for", "action_id"]
    op.create_index("deliveries_queue", "deliveries", queue, sqlite_where=IS_QUEUED)
    op.create_index("deliveries_sending", "deliveries", ["lease_expires_at"], sqlite_where=IS_SENDING)
    op.create_index("deliveries_state", "deliveries", ["state"])
