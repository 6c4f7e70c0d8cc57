"""The facts under every message to our own people, as label and value, in the order they are read."""

import json
from collections.abc import Mapping
from typing import Any

from sensors.brief_lines import BRIEF_FACTS, LIFECYCLE_FACTS, brief_lines
from sensors.wording import (
    cause,
    counted,
    day,
    days_away,
    money,
    percent,
    plain,
    points,
    score,
    signal,
    tier,
    ways_in,
)

# What a decision's facts may hold; templates may use these names, and only these. Unknown ones are null.
FACTS = (
    "account_name",
    "segment",
    "plan",
    "arr",
    "currency",
    "renewal_on",
    "days_to_renewal",
    "csm_name",
    "csm_email",
    "csm_slack_id",
    "score",
    "tier",
    "previous_tier",
    "score_change_7d",
    "change_reason",
    "biggest_drag",
    "recency_score",
    "adoption_score",
    "support_score",
    "nps_score",
    "coverage",
    "days_since_activity",
    "active_channels",
    "features_used",
    "features_available",
    "recent_tickets",
    "recent_escalated_tickets",
    "sla_hours",
    "episode_started_on",
    "external_id",
    "feed",
    "silent_since",
    "expected_within_hours",
    "accounts_affected",
    "crm_record_id",
    *BRIEF_FACTS,
    *LIFECYCLE_FACTS,
    "question",
    "attempted_answer",
    "asked_by",
    "answered_at",
    "escalation_reason",
    "escalated_at",
    "cited_sources",
    "open_tickets",
    "stale_path",
    "stale_since",
    "risk",
    "risk_band",
    "risk_method",
    "risk_signals",
    "risk_evidence",
    "risk_horizon_days",
    "divergence",
    "unanswered_days",
    "alert_action_id",
    "alert_play",
    "alert_reason",
    "alert_routed_at",
    "alert_due_at",
    "alert_overdue",
    "alert_state",
    "alert_owner",
    "message_day",
    "list_lines",
    "list_new",
    "list_asks",
    "list_left_out",
)
# A score that rests on all its inputs needs no remark.
_FULL = 1.0


def fact_lines(facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Only what is known is shown; a fact that is missing is left out, never guessed."""
    lines = (
        ("Health score", _health(facts)),
        ("Last 7 days", _change(facts)),
        ("Biggest drag", _drag(facts)),
        ("Last activity", _activity(facts)),
        ("Features in use", _features(facts)),
        ("Recent support", _support(facts)),
        ("Open tickets", None if facts.get("open_tickets") is None else str(facts["open_tickets"])),
        ("Sources cited", _cited(facts)),
        ("ARR", money(facts["arr"], facts.get("currency")) if facts.get("arr") is not None else None),
        ("Renewal", _renewal(facts)),
        ("Plan", _plan(facts)),
        *brief_lines(facts),
    )
    return [(label, value) for label, value in lines if value]


def _plan(facts: Mapping[str, Any]) -> str | None:
    """Plan and segment; once where they are called the same."""
    named = dict.fromkeys(plain(facts[key]) for key in ("plan", "segment") if facts.get(key))
    return " · ".join(named) or None


def _health(facts: Mapping[str, Any]) -> str | None:
    if facts.get("score") is None:
        return None
    before = facts.get("previous_tier")
    was = f" (was {tier(before)})" if before and before != facts.get("tier") else ""
    coverage = facts.get("coverage")
    rests = (
        f"; rests on {percent(coverage)} of its signals" if coverage is not None and coverage < _FULL else ""
    )
    return f"{score(facts['score'])} of 100, {tier(facts.get('tier'))}{was}{rests}"


def _change(facts: Mapping[str, Any]) -> str | None:
    if facts.get("score_change_7d") is None:
        return None
    why = facts.get("change_reason")
    return points(facts["score_change_7d"]) + (f" ({cause(why)})" if why else "")


def _drag(facts: Mapping[str, Any]) -> str | None:
    drag = facts.get("biggest_drag")
    if not drag:
        return None
    value = facts.get(f"{drag.removesuffix('_score')}_score")
    return signal(drag) + (f", {score(value)} of 100" if value is not None else "")


def _activity(facts: Mapping[str, Any]) -> str | None:
    if facts.get("days_since_activity") is None:
        # Days are counted from a use. Recency that was scored without one means that none was ever seen.
        return "none seen" if facts.get("recency_score") is not None else None
    through = f", through {ways_in(facts['active_channels'])}" if facts.get("active_channels") else ""
    return days_away(-facts["days_since_activity"]) + through


def _features(facts: Mapping[str, Any]) -> str | None:
    if facts.get("features_used") is None:
        return None
    available = facts.get("features_available")
    return f"{round(facts['features_used'])}" + (f" of {round(available)}" if available else "")


def _support(facts: Mapping[str, Any]) -> str | None:
    tickets = _first(facts, "recent_tickets", "tickets_28d")
    if tickets is None:
        return None
    escalated = _first(facts, "recent_escalated_tickets", "escalated_tickets_28d")
    return counted(tickets, "ticket") + (f", {round(escalated)} escalated" if escalated else "")


def _cited(facts: Mapping[str, Any]) -> str | None:
    """A JSON list of sources, or what else the system gave."""
    given = facts.get("cited_sources")
    try:
        listed = json.loads(given) if given else None
    except ValueError:
        return str(given)
    return ", ".join(map(str, listed)) if isinstance(listed, list) else given


def _renewal(facts: Mapping[str, Any]) -> str | None:
    if not facts.get("renewal_on"):
        return None
    away = facts.get("days_to_renewal")
    return day(facts["renewal_on"]) + (f", {days_away(away)}" if away is not None else "")


def _first(facts: Mapping[str, Any], *names: str) -> Any:
    return next((facts[name] for name in names if facts.get(name) is not None), None)
