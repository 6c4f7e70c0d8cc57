"""What a person should know before they talk to an account, where a decision brings it along."""

from collections.abc import Mapping
from typing import Any

from sensors.wording import counted, day, money, percent, plain, score, ways_in

# Of briefs (renewals, business reviews); see `int_account_briefs`.
BRIEF_FACTS = (
    "trend_days",
    "recent_days",
    "term_days",
    "events_now",
    "events_before",
    "events_of_term",
    "active_days_of_term",
    "features_of_term",
    "seats",
    "active_users",
    "tickets_of_term",
    "solved_of_term",
    "tickets_lately",
    "escalations_lately",
    "tickets_open",
    "last_nps",
    "last_nps_on",
    "last_touch_on",
    "last_touch_kind",
    "touches_lately",
    "open_opportunities",
    "open_amount",
    "open_kinds",
    "renewal_probability",
    "system_call",
    "csm_call",
    "csm_call_from",
    "external_call",
    "external_call_from",
)
# Of the lifecycle's triggers.
LIFECYCLE_FACTS = (
    "step",
    "days_in",
    "began_on",
    "first_used_on",
    "clock_restarted",
    "people_active",
    "usage_type",
    "path",
    "path_because",
    "configured_with",
    "guide_title",
    "guide_url",
    "next_step",
    "feature_title",
    "tutorial_url",
    "link_title",
    "link_url",
    "customer_written_to",
    "sent_before",
    "quiet_days",
    "last_active_on",
    "usual_gap_days",
    "channels_before",
    "feature_last_used_on",
    "feature_used_days",
    "headroom",
    "next_plan",
    "new_features",
    "new_feature_titles",
    "renews_on",
    "last_review_on",
    "review_due_on",
    "meeting_minutes",
    "first_week_on",
    "second_week_on",
    "third_week_on",
    "schedule_why",
)
# Channels that no person is needed for.
_MACHINES = ("api", "integration")


def brief_lines(facts: Mapping[str, Any]) -> list[tuple[str, str | None]]:
    """Nothing at all where there is no brief."""
    if facts.get("trend_days") is None:
        return []
    return [
        (f"Use, last {facts['trend_days']} days", _use(facts)),
        ("People", _people(facts)),
        (f"Support, last {facts['recent_days']} days", _support(facts)),
        ("NPS", _nps(facts)),
        ("Last talked to", _touch(facts)),
        ("Open opportunities", _opportunities(facts)),
    ]


def _use(facts: Mapping[str, Any]) -> str:
    now, before = facts.get("events_now") or 0, facts.get("events_before") or 0
    if not before:
        return counted(now, "action") + (", none before" if now else "")
    change = (now - before) / before
    moved = "up" if change > 0 else "down"
    return counted(now, "action") + (
        f", {moved} {percent(abs(change))}" if round(change, 2) else ", unchanged"
    )


def _people(facts: Mapping[str, Any]) -> str | None:
    if facts.get("active_users") is None:
        return None
    seats = counted(facts["seats"], "seat") if facts.get("seats") else None
    machines = [way for way in _MACHINES if way in (facts.get("active_channels") or "")]
    if not facts["active_users"] and machines:
        # Nobody signs in where machines do the work, and nobody has to.
        return f"it works through {ways_in(', '.join(machines))}" + (f"; {seats}" if seats else "")
    return counted(facts["active_users"], "person", "people") + " active" + (f" on {seats}" if seats else "")


def _support(facts: Mapping[str, Any]) -> str:
    parts = [counted(facts.get("tickets_lately") or 0, "ticket")]
    if facts.get("escalations_lately"):
        parts.append(f"{facts['escalations_lately']} escalated")
    if facts.get("tickets_open"):
        parts.append(f"{facts['tickets_open']} open")
    return ", ".join(parts)


def _nps(facts: Mapping[str, Any]) -> str:
    if facts.get("last_nps") is None:
        return "no answer yet"
    return f"{score(facts['last_nps'])} of 10, on {day(facts['last_nps_on'])}"


def _touch(facts: Mapping[str, Any]) -> str:
    if facts.get("last_touch_on") is None:
        return "no conversation on record"
    kind = f" ({plain(facts['last_touch_kind'])})" if facts.get("last_touch_kind") else ""
    times = facts.get("touches_lately") or 0
    return f"{day(facts['last_touch_on'])}{kind}; {counted(times, 'time')} in {facts['recent_days']} days"


def _opportunities(facts: Mapping[str, Any]) -> str:
    if not facts.get("open_opportunities"):
        return "none"
    amount = facts.get("open_amount")
    kinds = f" ({facts['open_kinds']})" if facts.get("open_kinds") else ""
    worth = f", {money(amount, facts.get('currency'))}" if amount is not None else ""
    return f"{facts['open_opportunities']}{kinds}{worth}"
