"""The ledger's tables. All times are UTC; the columns others rely on come first.

`deliveries` holds where each decided action stands now, one row per `action_id`, for ever.
`delivery_events` is its history and is only ever appended to.
`knowledge_events` says what people decided on knowledge-base candidates, and what was exported; append-only.
`account_syncs` says what a system has acknowledged of an account's score, one row per system and account.
`address_events` says which addresses mail does not reach, and who opted out; append-only.
`reply_events` says which messages a person answered, by mail or in their thread; append-only.
`snapshots` remembers which published versions have been read into the ledger.
`rests` says which channels are left alone until when, for every worker; a rest that is over but still stands
here lets one message through, to see.
`rates` says from when on a channel with a limit per second is free.
`holds` says what people hold back (a play, a channel, an account) and let go again; append-only.
`operation_events` says which troubles of delivery were told, and that they are over; append-only.
"""

from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Dialect,
    Double,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    text,
)
from sqlalchemy.types import TypeDecorator

from sensors.states import State

# The newest revision under `migrations/versions/`.
REVISION = "0009"


# Written out, not bound: SQLite only uses a partial index whose condition it finds in the query's text. The
# `is true` keeps it from preferring the index on `state` and sorting the whole queue for every claim.
IS_QUEUED = text("(deliveries.state in ('pending', 'failed')) is true")
IS_SENDING = text("(deliveries.state = 'sending') is true")


class UtcDateTime(TypeDecorator[datetime]):
    """An instant, stored as UTC without an offset so that SQLite and PostgreSQL sort and show it alike."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


metadata = MetaData()

deliveries = Table(
    "deliveries",
    metadata,
    Column("action_id", String(200), primary_key=True),
    Column("channel", String(50), nullable=False),
    Column("state", String(20), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("first_attempt_at", UtcDateTime),
    Column("delivered_at", UtcDateTime),
    Column("destination_ref", Text),
    Column("last_error", Text),
    # What was decided, as it was decided.
    Column("account_id", String(200)),
    Column("play_id", String(100)),
    Column("activity", String(100)),
    Column("mode", String(20)),
    Column("template_id", String(100)),
    Column("recipient", Text),
    Column("recipient_name", Text),
    Column("reason", Text),
    Column("suppressed_by", String(100)),
    Column("suppressed_reason", Text),
    Column("is_immediate", Boolean, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("decided_for", Date),
    Column("sla_due_at", UtcDateTime),
    Column("policy_valid_from", Date),
    Column("facts", Text),
    Column("snapshot_version", String(100)),
    Column("created_at", UtcDateTime, nullable=False),
    # The present or last attempt. Those made before a person ordered a resend no longer count to the limit.
    Column("attempts_forgiven", Integer, nullable=False),
    Column("destination", String(50)),
    Column("claimed_by", String(200)),
    Column("claimed_at", UtcDateTime),
    Column("lease_expires_at", UtcDateTime),
    Column("next_attempt_at", UtcDateTime),
    Column("message_hash", String(64)),
    # When it may go out, and until when a person may say that it does (decided); and what that person said.
    Column("send_after_at", UtcDateTime),
    Column("expires_at", UtcDateTime),
    Column("edits", Text),
    Column("approved_at", UtcDateTime),
    Column("approved_by", String(200)),
    Column("approved_content", Text),
    Column("approved_hash", String(64)),
    # When the snapshot that decided it was published.
    Column("published_at", UtcDateTime),
    # Old news from then on (decided).
    Column("send_until_at", UtcDateTime),
    Column("message_kind", String(20)),
    CheckConstraint(f"state in ({', '.join(repr(state.value) for state in State)})", name="is_known_state"),
    CheckConstraint(
        "coalesce(mode, '') <> 'assisted' or approved_at is not null"
        " or state not in ('pending', 'sending', 'failed', 'delivered')",
        name="is_approved_by_a_person",
    ),
)

QUEUE_ORDER = (
    deliveries.c.is_immediate.desc(),
    deliveries.c.priority,
    deliveries.c.decided_for,
    deliveries.c.action_id,
)

Index("deliveries_queue", *QUEUE_ORDER, sqlite_where=IS_QUEUED, postgresql_where=IS_QUEUED)
Index(
    "deliveries_sending", deliveries.c.lease_expires_at, sqlite_where=IS_SENDING, postgresql_where=IS_SENDING
)
Index("deliveries_state", deliveries.c.state)

delivery_events = Table(
    "delivery_events",
    metadata,
    Column("event_id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("action_id", String(200), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("from_state", String(20)),
    Column("to_state", String(20), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("who", String(200), nullable=False),
    Column("detail", Text),
)
Index("delivery_events_action", delivery_events.c.action_id, delivery_events.c.event_id)

VERDICTS = ("approved", "rejected", "exported")
knowledge_events = Table(
    "knowledge_events",
    metadata,
    Column("event_id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("candidate_id", String(200), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("verdict", String(20), nullable=False),
    Column("who", String(200), nullable=False),
    Column("why", Text),
    # As approved; what is exported is this, whatever the warehouse says by then.
    Column("question", Text),
    Column("answer", Text),
    CheckConstraint(f"verdict in ({', '.join(map(repr, VERDICTS))})", name="is_known_verdict"),
    CheckConstraint(
        "verdict <> 'approved' or (question is not null and answer is not null)", name="says_what_is_approved"
    ),
)
Index("knowledge_events_candidate", knowledge_events.c.candidate_id, knowledge_events.c.event_id)

ADDRESS_EVENT_KINDS = ("hard_bounce", "soft_bounce", "complaint", "unsubscribe")
address_events = Table(
    "address_events",
    metadata,
    Column("event_id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    # What it was read from, so that reading the same mail or line again adds nothing.
    Column("origin", String(64), nullable=False, unique=True),
    Column("at", UtcDateTime, nullable=False),
    Column("email", String(320), nullable=False),
    Column("kind", String(20), nullable=False),
    # The mail it answers, where that is known.
    Column("action_id", String(200)),
    Column("detail", Text),
    CheckConstraint(f"kind in ({', '.join(map(repr, ADDRESS_EVENT_KINDS))})", name="is_known_kind"),
)

REPLY_KINDS = ("email_reply", "slack_reply")
reply_events = Table(
    "reply_events",
    metadata,
    Column("event_id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    # What it was read from, so that reading the same mail or thread again adds nothing.
    Column("origin", String(64), nullable=False, unique=True),
    # When it was noted; `replied_at` says when the person wrote it.
    Column("at", UtcDateTime, nullable=False),
    Column("action_id", String(200), nullable=False),
    Column("kind", String(20), nullable=False),
    # An e-mail address, or a Slack id. What was written is not kept.
    Column("author", String(320)),
    Column("replied_at", UtcDateTime, nullable=False),
    CheckConstraint(f"kind in ({', '.join(map(repr, REPLY_KINDS))})", name="is_known_reply"),
)
Index("reply_events_action", reply_events.c.action_id)

snapshots = Table(
    "snapshots",
    metadata,
    Column("version", String(200), primary_key=True),
    Column("read_at", UtcDateTime, nullable=False),
    Column("decisions", Integer, nullable=False),
    Column("enqueued", Integer, nullable=False),
    Column("suppressed", Integer, nullable=False),
)

rests = Table(
    "rests",
    metadata,
    Column("channel", String(50), primary_key=True),
    Column("until", UtcDateTime, nullable=False),
    Column("reason", Text, nullable=False),
)

rates = Table(
    "rates",
    metadata,
    Column("channel", String(50), primary_key=True),
    # Seconds since 1970, so that both databases can add to it.
    Column("free_at", Double, nullable=False),
)

account_syncs = Table(
    "account_syncs",
    metadata,
    Column("system", String(50), primary_key=True),
    Column("account_id", String(200), primary_key=True),
    Column("external_id", String(200), nullable=False),
    # Of what was acknowledged last (`sensors.score_sync.content_hash`); none before the first time.
    Column("content_hash", String(64)),
    Column("acknowledged_at", UtcDateTime),
    Column("as_of", Date),
    # Of the last write, if it was not acknowledged.
    Column("last_error", Text),
)

sync_states = Table(
    "sync_states",
    metadata,
    Column("system", String(50), primary_key=True),
    # Whose scores it was given last, whole or in part.
    Column("snapshot_version", String(200), nullable=False),
    # Syncs in a row that were not acknowledged whole; when the next is due, and what went wrong.
    Column("failures", Integer, nullable=False),
    Column("again_at", UtcDateTime),
    Column("why", Text),
)

HOLD_SCOPES = ("play", "channel", "account")
holds = Table(
    "holds",
    metadata,
    Column("event_id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("at", UtcDateTime, nullable=False),
    Column("scope", String(20), nullable=False),
    # The play's, channel's or account's id.
    Column("held", String(200), nullable=False),
    Column("verdict", String(20), nullable=False),
    Column("who", String(200), nullable=False),
    Column("why", Text, nullable=False),
    Column("until", UtcDateTime),
    CheckConstraint(f"scope in ({', '.join(map(repr, HOLD_SCOPES))})", name="is_known_scope"),
    CheckConstraint("verdict in ('set', 'lifted')", name="is_known_hold_verdict"),
)
Index("holds_held", holds.c.scope, holds.c.held, holds.c.event_id)

operation_events = Table(
    "operation_events",
    metadata,
    Column("event_id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("at", UtcDateTime, nullable=False),
    # What the trouble is about: `dead/email`, `backlog`, `run/score` ...
    Column("trouble", String(200), nullable=False),
    Column("verdict", String(20), nullable=False),
    Column("words", Text, nullable=False),
    # How many rows it was about when it was told, where it is about rows.
    Column("size", Integer),
    CheckConstraint("verdict in ('opened', 'closed')", name="is_known_operation_verdict"),
)
Index("operation_events_trouble", operation_events.c.trouble, operation_events.c.event_id)
