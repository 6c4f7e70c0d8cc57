"""Pendo's raw tables of records, and where what subscriptions send along stands below `metadata`."""

from assets.sources.api import Table, at, flag, identifier, nested, text

MILLISECONDS = 1_000
# By table and column the place below `metadata`.
FIELDS = {
    "accounts": {
        "name": "agent.name",
        "domain": "agent.domain",
        "plan": "agent.planlevel",
        "configuration": "agent.configuration",
        "salesforce_id": "agent.salesforceaccountid",
    },
    "visitors": {
        "account_id": "auto.accountid",
        "email": "agent.email",
        "name": "agent.full_name",
        "role": "agent.role",
    },
}
ACCOUNTS = Table(
    "accounts",
    key=("account_id",),
    is_whole=True,
    columns=(
        identifier("account_id", "accountId", required=True),
        text("name", "mapped.name"),
        identifier("domain", "mapped.domain"),
        identifier("plan", "mapped.plan"),
        text("configuration", "mapped.configuration"),
        identifier("salesforce_id", "mapped.salesforce_id"),
        at("first_visit", "metadata.auto.firstvisit", per_second=MILLISECONDS),
        at("last_visit", "metadata.auto.lastvisit", per_second=MILLISECONDS),
        nested("metadata"),
    ),
)
VISITORS = Table(
    "visitors",
    key=("visitor_id",),
    is_whole=True,
    columns=(
        identifier("visitor_id", "visitorId", required=True),
        identifier("account_id", "mapped.account_id"),
        identifier("email", "mapped.email"),
        text("name", "mapped.name"),
        text("role", "mapped.role"),
        at("first_visit", "metadata.auto.firstvisit", per_second=MILLISECONDS),
        at("last_visit", "metadata.auto.lastvisit", per_second=MILLISECONDS),
        nested("metadata"),
    ),
)
EVENT_TYPES = Table(
    "event_types",
    key=("id",),
    is_whole=True,
    columns=(
        identifier("id", required=True),
        identifier("kind", "mapped.kind", required=True),
        text("name"),
        identifier("page_id", "pageId"),
        flag("is_core_event", "isCoreEvent"),
        at("last_updated_at", "lastUpdatedAt", per_second=MILLISECONDS),
    ),
    ignored=("createdByUser", "lastUpdatedByUser", "rules", "elementPathRules"),
)
POLLS = Table(
    "polls",
    key=("id",),
    is_whole=True,
    columns=(
        identifier("id", required=True),
        identifier("guide_id", "mapped.guide_id", required=True),
        identifier("type", "attributes.type"),
        identifier("follow_up", "attributes.followUp"),
        text("question"),
    ),
)
POLL_EVENTS = Table(
    "poll_events",
    key=("visitor_id", "poll_id", "browser_time"),
    changed_at="browser_time",
    columns=(
        identifier("visitor_id", "visitorId", required=True),
        identifier("poll_id", "pollId", required=True),
        at("browser_time", "browserTime", required=True, per_second=MILLISECONDS),
        identifier("account_id", "accountId"),
        identifier("guide_id", "guideId"),
        text("poll_response", "pollResponse"),
    ),
    ignored=("remoteIp", "userAgent", "url", "latitude", "longitude", "region", "country", "serverName"),
)
TABLES = (ACCOUNTS, VISITORS, EVENT_TYPES, POLLS, POLL_EVENTS)
