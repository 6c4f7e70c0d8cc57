"""The product and its market: plans, features, segments, industries, and shares of them."""

from dataclasses import dataclass

SEGMENTS = ("smb", "mid_market", "enterprise")
SEGMENT_SHARES = (0.60, 0.28, 0.12)
PLANS = ("starter", "team", "business", "enterprise")
PLAN_SHARES = ((0.62, 0.33, 0.05, 0.0), (0.0, 0.45, 0.50, 0.05), (0.0, 0.0, 0.25, 0.75))  # by segment
SEAT_PRICE = (35.0, 55.0, 80.0, 105.0)  # a month, in the account's currency
USAGE_TYPES = ("ui", "mixed", "api", "integration", "mobile")
USAGE_SHARES = (
    (0.50, 0.17, 0.12, 0.08, 0.13),
    (0.42, 0.30, 0.13, 0.10, 0.05),
    (0.25, 0.47, 0.15, 0.11, 0.02),
)
INDUSTRIES = (
    "software", "financial services", "healthcare", "retail", "manufacturing", "logistics", "education",
    "media", "professional services", "public sector",
)  # fmt: skip
INDUSTRY_SHARES = (0.24, 0.12, 0.10, 0.12, 0.10, 0.07, 0.07, 0.06, 0.09, 0.03)
CURRENCIES = {"amer": "USD", "emea": "EUR", "apac": "USD"}
CHANNELS = ("ui", "api", "mobile", "integration")
UI, API, MOBILE, INTEGRATION = range(4)
ROLES = ("admin", "manager", "analyst", "developer", "member", "viewer")
ROLE_SHARES = (0.10, 0.16, 0.18, 0.12, 0.32, 0.12)
TITLES = (
    "Head of Operations", "Operations Manager", "Data Analyst", "Software Engineer", "Operations Specialist",
    "Finance Controller",
)  # fmt: skip


@dataclass(frozen=True)
class Feature:
    """`plan` is the smallest one that has it; larger plans have it too. `appeal` weighs use and speed of
    adoption; `path` is the code it lives in; `channels` are those it can be used through."""

    name: str
    title: str
    plan: str
    is_key: bool
    appeal: float
    events: tuple[str, str]
    path: str
    channels: tuple[int, ...] = (UI, API, MOBILE, INTEGRATION)

    @property
    def plans(self) -> tuple[str, ...]:
        return PLANS[PLANS.index(self.plan) :]


FEATURES: tuple[Feature, ...] = (
    Feature("records", "Records", "starter", True, 10.0,
        ("record_opened", "record_saved"), "src/records/store.py"),
    Feature("search", "Search", "starter", True, 7.0, ("search_run", "result_opened"), "src/search/query.py"),
    Feature("imports", "Imports", "starter", True, 3.5,
        ("import_started", "import_finished"), "src/io/imports.py"),
    Feature("exports", "Exports", "starter", False, 2.0,
        ("export_started", "export_taken"), "src/io/exports.py"),
    Feature("reports", "Reports", "starter", True, 5.0,
        ("report_viewed", "report_saved"), "src/reports/render.py"),
    Feature("workflows", "Workflows", "starter", True, 4.0,
        ("workflow_run", "workflow_edited"), "src/workflows/engine.py"),
    Feature("alerts", "Alerts", "starter", True, 3.0, ("alert_read", "alert_set"), "src/alerts/rules.py"),
    Feature("sharing", "Sharing", "starter", False, 2.5,
        ("share_sent", "share_opened"), "src/sharing/links.py"),
    Feature("comments", "Comments", "starter", False, 2.0,
        ("comment_read", "comment_posted"), "src/sharing/comments.py"),
    Feature("webhooks", "Webhooks", "starter", False, 2.0,
        ("webhook_fired", "webhook_set"), "src/api/webhooks.py", (API, INTEGRATION)),
    Feature("templates", "Starter templates", "starter", True, 2.5,
        ("template_opened", "template_used"), "src/templates/gallery.py"),
    Feature("team_inbox", "Team inbox", "team", True, 3.0,
        ("inbox_opened", "item_assigned"), "src/inbox/queue.py"),
    Feature("scheduling", "Scheduling", "team", True, 2.2,
        ("schedule_viewed", "slot_booked"), "src/schedule/slots.py"),
    Feature("dashboards", "Dashboards", "business", True, 3.2,
        ("dashboard_viewed", "dashboard_edited"), "src/reports/dashboards.py"),
    Feature("forecasts", "Forecasts", "business", True, 1.8,
        ("forecast_viewed", "forecast_run"), "src/forecast/model.py"),
    Feature("approvals", "Approvals", "business", False, 1.6,
        ("approval_asked", "approval_given"), "src/workflows/approvals.py"),
    Feature("audit_log", "Audit log", "enterprise", True, 1.6,
        ("audit_viewed", "audit_queried"), "src/security/audit.py"),
    Feature("sandboxes", "Sandboxes", "enterprise", True, 1.5,
        ("sandbox_made", "sandbox_synced"), "src/platform/sandbox.py"),
    Feature("entity_sync", "Entity sync", "enterprise", True, 2.0,
        ("sync_checked", "sync_run"), "src/sync/entities.py"),
    Feature("roles", "Custom roles", "enterprise", False, 1.2,
        ("role_viewed", "role_edited"), "src/security/roles.py"),
)  # fmt: skip
EXPORTS = [feature.name for feature in FEATURES].index("exports")
REPOSITORY = "product/core"
