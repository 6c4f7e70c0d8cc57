"""Zendesk's raw tables: columns as Zendesk calls them."""

from assets.sources.api import Table, at, flag, identifier, nested, text, whole_number

ORGANIZATIONS = Table(
    "organizations",
    key=("id",),
    has_history=True,
    changed_at="updated_at",
    columns=(
        identifier("id", required=True),
        identifier("external_id"),
        text("name"),
        nested("domain_names"),
        nested("tags"),
        nested("organization_fields"),
        at("created_at"),
        at("updated_at", required=True),
        at("deleted_at"),
    ),
    ignored=("url",),
)
USERS = Table(
    "users",
    key=("id",),
    changed_at="updated_at",
    columns=(
        identifier("id", required=True),
        identifier("external_id"),
        text("name"),
        identifier("email"),
        identifier("role"),
        identifier("role_type"),
        flag("active"),
        flag("suspended"),
        identifier("organization_id"),
        nested("tags"),
        nested("user_fields"),
        at("created_at"),
        at("updated_at", required=True),
    ),
    ignored=("url",),
)
TICKETS = Table(
    "tickets",
    key=("id",),
    has_history=True,
    changed_at="updated_at",
    columns=(
        identifier("id", required=True),
        identifier("external_id"),
        identifier("status", required=True),
        identifier("priority"),
        identifier("type"),
        text("subject"),
        identifier("via_channel", "via.channel"),
        identifier("requester_id"),
        identifier("submitter_id"),
        identifier("assignee_id"),
        identifier("organization_id"),
        identifier("group_id"),
        identifier("problem_id"),
        identifier("satisfaction_score", "satisfaction_rating.score"),
        nested("tags"),
        nested("custom_fields"),
        at("created_at", required=True),
        at("updated_at", required=True),
    ),
    ignored=("url", "generated_timestamp", "raw_subject", "fields"),
)
TICKET_FIELDS = Table(
    "ticket_fields",
    key=("id",),
    is_whole=True,
    columns=(
        identifier("id", required=True),
        text("title", required=True),
        identifier("type"),
        flag("active"),
        at("updated_at"),
    ),
    ignored=("url", "raw_title", "raw_description", "raw_title_in_portal"),
)
TICKET_COMMENTS = Table(
    "ticket_comments",
    key=("id",),
    changed_at="created_at",
    columns=(
        identifier("id", required=True),
        identifier("ticket_id", required=True),
        identifier("audit_id"),
        identifier("author_id"),
        flag("is_public"),
        text("body"),
        at("created_at", required=True),
    ),
    ignored=("html_body", "plain_body"),
)
TICKET_METRIC_EVENTS = Table(
    "ticket_metric_events",
    key=("id",),
    changed_at="time",
    columns=(
        identifier("id", required=True),
        identifier("ticket_id", required=True),
        identifier("metric", required=True),
        whole_number("instance_id"),
        identifier("type", required=True),
        at("time", required=True),
        flag("deleted"),
    ),
)
