"""The drop folder's contract: every table, its columns, types, keys and rules, declared once.

This declaration drives the raw tables' DDL, the casting, the checks and `--check`; dbt's sources follow it.
"""

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType

from assets.sources.drop.schema import AccountLink, Column, Kind, Table

# Clocks differ: an event may be dated this much after the load before it counts as "in the future".
CLOCK_TOLERANCE = timedelta(days=1)


def _identifier(name: str, *, required: bool = False, values: str = "") -> Column:
    return Column(name, Kind.IDENTIFIER, is_required=required, values=tuple(values.split()))


def _text(name: str, *, required: bool = False) -> Column:
    return Column(name, Kind.TEXT, is_required=required)


def _at(name: str, *, required: bool = False, past: bool = False) -> Column:
    return Column(name, Kind.TIMESTAMP, is_required=required, is_past=past)


def _on(name: str, *, required: bool = False, not_before: str | None = None) -> Column:
    return Column(name, Kind.DATE, is_required=required, not_before=not_before)


def _number(
    name: str, *, required: bool = False, minimum: float | None = None, maximum: float | None = None
) -> Column:
    return Column(name, Kind.NUMBER, is_required=required, minimum=minimum, maximum=maximum)


def _count(name: str) -> Column:
    return Column(name, Kind.WHOLE_NUMBER, minimum=0)


def _flag(name: str) -> Column:
    return Column(name, Kind.BOOLEAN)


# A survey's scale depends on its kind: inclusive bounds of `score`.
SCORE_BOUNDS: Mapping[str, tuple[float, float]] = MappingProxyType({"nps": (0, 10), "csat": (0, 100)})

_TABLES = (
    Table(
        "csms",
        key=("csm_id",),
        columns=(
            _identifier("csm_id", required=True),
            _identifier("name", required=True),
            _identifier("email"),
            _identifier("slack_id"),
            _identifier("manager_id"),
            _number("hours_per_week", minimum=0),
            _number("hourly_cost", minimum=0),
            _identifier("timezone"),
        ),
    ),
    Table(
        "accounts",
        key=("account_id",),
        account=AccountLink.IS_ACCOUNT,
        columns=(
            _identifier("account_id", required=True),
            _identifier("name", required=True),
            _identifier("domain"),
            _identifier("segment", values="smb mid_market enterprise"),
            _identifier("industry"),
            _count("employees"),
            _identifier("plan"),
            _identifier("region"),
            _identifier("csm_id"),
            _at("signed_up_at", past=True),
            _on("contract_started_on"),
            _on("renewal_on"),
            _number("arr", minimum=0),
            _identifier("currency"),
            _identifier("status", values="active churned"),
            _on("churned_on"),
            _flag("wants_human"),
            _flag("has_executive_sponsor"),
            _identifier("parent_account_id"),
            _text("configuration"),
        ),
    ),
    Table(
        "users",
        key=("user_id",),
        account=AccountLink.REQUIRED,
        columns=(
            _identifier("user_id", required=True),
            _identifier("account_id", required=True),
            _identifier("email"),
            _identifier("name"),
            _identifier("role"),
            _identifier("title"),
            _flag("is_champion"),
            _at("created_at", past=True),
            _at("deactivated_at"),
            _flag("is_unsubscribed"),
            _flag("is_bounced"),
        ),
    ),
    Table(
        # A feature may be listed once per plan that has it.
        "features",
        key=("feature", "plan"),
        columns=(
            _identifier("feature", required=True),
            _identifier("plan"),
            _flag("is_key"),
            _text("title"),
            _identifier("tutorial_url"),
        ),
    ),
    Table(
        "usage_events",
        key=("event_id",),
        account=AccountLink.RESOLVED,
        identified_by=("account_id", "user_id", "email", "domain"),
        event_time="occurred_at",
        columns=(
            _identifier("event_id", required=True),
            _at("occurred_at", required=True, past=True),
            _identifier("account_id"),
            _identifier("user_id"),
            _identifier("email"),
            _identifier("domain"),
            _identifier("event", required=True),
            _identifier("feature"),
            _identifier("channel", values="ui api mobile integration"),
            _number("quantity", minimum=0),
            Column("properties", Kind.JSON),
        ),
    ),
    Table(
        "tickets",
        key=("ticket_id",),
        account=AccountLink.RESOLVED,
        identified_by=("account_id", "requester_email"),
        event_time="created_at",
        columns=(
            _identifier("ticket_id", required=True),
            _identifier("account_id"),
            _identifier("requester_email"),
            _at("created_at", required=True, past=True),
            _at("first_response_at", past=True),
            _at("first_human_response_at", past=True),
            _at("solved_at", past=True),
            _at("reopened_at", past=True),
            _identifier("status"),
            _identifier("priority"),
            _identifier("channel"),
            _identifier("handled_by", values="ai agent csm"),
            _flag("is_escalated"),
            _number("csat", minimum=0, maximum=100),
            _identifier("topic"),
            _text("subject"),
        ),
    ),
    Table(
        "ai_conversations",
        key=("conversation_id",),
        account=AccountLink.RESOLVED,
        identified_by=("account_id", "email"),
        event_time="started_at",
        columns=(
            _identifier("conversation_id", required=True),
            _identifier("account_id"),
            _identifier("email"),
            _at("started_at", required=True, past=True),
            _at("first_answer_at", past=True),
            _text("question"),
            _text("answer"),
            _number("confidence"),
            _text("sources"),
            _at("source_snapshot_at", past=True),
            _identifier("outcome", values="confirmed_resolved assumed_resolved escalated abandoned"),
            _at("escalated_at", past=True),
            _text("escalation_reason"),
            _identifier("ticket_id"),
            _at("resolved_at", past=True),
            _identifier("resolved_by"),
            _text("resolution"),
            _flag("is_answer_correct"),
        ),
    ),
    Table(
        "survey_responses",
        key=("response_id",),
        account=AccountLink.RESOLVED,
        identified_by=("account_id", "email"),
        event_time="submitted_at",
        columns=(
            _identifier("response_id", required=True),
            _identifier("account_id"),
            _identifier("email"),
            _at("submitted_at", required=True, past=True),
            _identifier("kind", required=True, values=" ".join(SCORE_BOUNDS)),
            _number("score", required=True),
            _text("comment"),
        ),
    ),
    Table(
        "subscriptions",
        key=("subscription_id",),
        account=AccountLink.REQUIRED,
        event_time="started_on",
        columns=(
            _identifier("subscription_id", required=True),
            _identifier("account_id", required=True),
            _on("started_on", required=True),
            _on("ended_on", not_before="started_on"),
            _number("mrr", required=True, minimum=0),
            _identifier("currency"),
            _identifier("plan"),
            _count("seats"),
        ),
    ),
    Table(
        "invoices",
        key=("invoice_id",),
        account=AccountLink.REQUIRED,
        event_time="issued_on",
        columns=(
            _identifier("invoice_id", required=True),
            _identifier("account_id", required=True),
            _on("issued_on", required=True),
            _on("due_on"),
            _on("paid_on"),
            _number("amount", required=True),  # a credit note is below 0
            _identifier("currency"),
            _identifier("status", values="draft open paid void uncollectible"),
        ),
    ),
    Table(
        "opportunities",
        key=("opportunity_id",),
        account=AccountLink.REQUIRED,
        event_time="created_at",
        columns=(
            _identifier("opportunity_id", required=True),
            _identifier("account_id", required=True),
            _identifier("kind", required=True, values="new renewal expansion"),
            _identifier("stage"),
            _number("amount"),
            _on("closes_on"),
            _at("created_at", past=True),
            _flag("is_closed"),
            _flag("is_won"),
        ),
    ),
    Table(
        "renewal_forecasts",
        key=("account_id", "forecast_at"),
        account=AccountLink.REQUIRED,
        event_time="forecast_at",
        columns=(
            _identifier("account_id", required=True),
            _at("forecast_at", required=True, past=True),
            _identifier("forecast", required=True, values="likely at_risk unlikely"),
        ),
    ),
    Table(
        "csm_activities",
        key=("activity_id",),
        account=AccountLink.OPTIONAL,
        event_time="started_at",
        requires_csm=True,
        columns=(
            _identifier("activity_id", required=True),
            _identifier("csm_id", required=True),
            _identifier("account_id"),
            _identifier(
                "kind", required=True, values="ticket qbr outreach onboarding renewal expansion internal"
            ),
            _at("started_at", required=True, past=True),
            _number("minutes", required=True, minimum=0),
            _identifier("action_id"),
        ),
    ),
    Table(
        "code_changes",
        key=("repository", "path", "commit_sha"),
        event_time="committed_at",
        columns=(
            _identifier("repository", required=True),
            _identifier("path", required=True),
            _identifier("commit_sha", required=True),
            _at("committed_at", required=True, past=True),
        ),
    ),
)

# In loading order: what others refer to comes first.
TABLES: Mapping[str, Table] = MappingProxyType({table.name: table for table in _TABLES})
