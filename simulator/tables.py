"""The drop folder's tables: columns and types, in the order they are written."""

import polars as pl

from simulator.ledger import DAY, SECOND, Schema

TEXT, NUMBER, COUNT, FLAG = pl.String, pl.Float64, pl.Int64, pl.Boolean

TABLES: dict[str, Schema] = {
    "accounts": {
        "account_id": TEXT, "name": TEXT, "domain": TEXT, "segment": TEXT,
        "industry": TEXT, "employees": COUNT,
        "plan": TEXT, "region": TEXT, "csm_id": TEXT, "signed_up_at": SECOND, "contract_started_on": DAY,
        "renewal_on": DAY, "arr": NUMBER, "currency": TEXT, "status": TEXT,
        "churned_on": DAY, "wants_human": FLAG,
        "has_executive_sponsor": FLAG, "parent_account_id": TEXT, "timezone": TEXT, "configuration": TEXT,
    },
    "users": {
        "user_id": TEXT, "account_id": TEXT, "email": TEXT, "name": TEXT, "role": TEXT, "title": TEXT,
        "is_champion": FLAG, "created_at": SECOND, "deactivated_at": SECOND,
        "is_unsubscribed": FLAG, "is_bounced": FLAG,
    },
    "features": {"feature": TEXT, "plan": TEXT, "is_key": FLAG, "title": TEXT, "tutorial_url": TEXT},
    "tickets": {
        "ticket_id": TEXT, "account_id": TEXT, "requester_email": TEXT, "created_at": SECOND,
        "first_response_at": SECOND, "first_human_response_at": SECOND, "solved_at": SECOND,
        "reopened_at": SECOND,
        "status": TEXT, "priority": TEXT, "channel": TEXT, "handled_by": TEXT,
        "is_escalated": FLAG, "csat": COUNT,
        "topic": TEXT, "subject": TEXT,
    },
    "ai_conversations": {
        "conversation_id": TEXT, "account_id": TEXT, "email": TEXT,
        "started_at": SECOND, "first_answer_at": SECOND,
        "question": TEXT, "answer": TEXT, "confidence": NUMBER, "sources": TEXT, "source_snapshot_at": SECOND,
        "outcome": TEXT, "escalated_at": SECOND, "escalation_reason": TEXT,
        "ticket_id": TEXT, "resolved_at": SECOND,
        "resolved_by": TEXT, "resolution": TEXT, "is_answer_correct": FLAG,
    },
    "survey_responses": {
        "response_id": TEXT, "account_id": TEXT, "email": TEXT, "submitted_at": SECOND, "kind": TEXT,
        "score": NUMBER, "comment": TEXT,
    },
    "subscriptions": {
        "subscription_id": TEXT, "account_id": TEXT, "started_on": DAY, "ended_on": DAY, "mrr": NUMBER,
        "currency": TEXT, "plan": TEXT, "seats": COUNT,
    },
    "invoices": {
        "invoice_id": TEXT, "account_id": TEXT, "issued_on": DAY, "due_on": DAY, "paid_on": DAY,
        "amount": NUMBER, "currency": TEXT, "status": TEXT,
    },
    "opportunities": {
        "opportunity_id": TEXT, "account_id": TEXT, "kind": TEXT, "stage": TEXT,
        "amount": NUMBER, "closes_on": DAY,
        "created_at": SECOND, "is_closed": FLAG, "is_won": FLAG,
    },
    "csms": {
        "csm_id": TEXT, "name": TEXT, "email": TEXT, "slack_id": TEXT,
        "manager_id": TEXT, "hours_per_week": NUMBER,
        "hourly_cost": NUMBER, "timezone": TEXT,
    },
    "csm_activities": {
        "activity_id": TEXT, "csm_id": TEXT, "account_id": TEXT, "kind": TEXT, "started_at": SECOND,
        "minutes": NUMBER, "action_id": TEXT, "note": TEXT,
    },
    "code_changes": {"repository": TEXT, "path": TEXT, "commit_sha": TEXT, "committed_at": SECOND},
}  # fmt: skip
# what is written as it happens; the rest is the state of the company when somebody looks
LOGGED = ("tickets", "ai_conversations", "survey_responses", "csm_activities")
AI_ANSWERS: Schema = {"conversation_id": TEXT, "is_correct": FLAG, "is_stale": FLAG, "brings_recontact": FLAG}
