"""Intercom's raw tables. Moments are epoch seconds."""

from datetime import timedelta
from functools import partial

from assets.sources.api import Table, at, flag, identifier, nested, number, text, whole_number
from assets.sources.api.field_mapping import several

# A change takes "a few minutes" until a search finds it.
INDEXING = timedelta(minutes=10)

_moment = partial(at, per_second=1)
ADMINS = Table(
    "admins",
    key=("id",),
    is_whole=True,
    columns=(
        identifier("id", required=True),
        *several(text, "name job_title"),
        identifier("email"),
        flag("has_inbox_seat"),
    ),
    ignored=("away_mode_enabled", "away_mode_reassign", "away_status_reason_id"),
)
COMPANIES = Table(
    "companies",
    key=("id",),
    is_whole=True,
    columns=(
        identifier("id", required=True),
        *several(identifier, "company_id website"),
        *several(text, "name industry"),
        text("plan_name", "plan.name"),
        number("monthly_spend"),
        *several(whole_number, "size user_count"),
        *several(_moment, "remote_created_at created_at updated_at"),
        nested("custom_attributes"),
    ),
)
CONTACTS = Table(
    "contacts",
    key=("id",),
    changed_at="updated_at",
    overlap=INDEXING,
    columns=(
        identifier("id", required=True),
        *several(identifier, "external_id role email owner_id"),
        text("name"),
        identifier("company_id", "companies.data.0.id"),
        whole_number("companies_count", "companies.total_count"),
        _moment("updated_at", required=True),
        *several(_moment, "created_at signed_up_at last_seen_at last_replied_at"),
        *several(flag, "unsubscribed_from_emails has_hard_bounced marked_email_as_spam"),
        nested("custom_attributes"),
    ),
)
# Only who is there: what was archived, deleted or merged is in no search, and in no list any more.
STANDING_CONTACTS = Table(
    "standing_contacts",
    key=("id",),
    is_whole=True,
    has_history=True,
    columns=(identifier("id", required=True),),
)
CONVERSATIONS = Table(
    "conversations",
    key=("id",),
    changed_at="updated_at",
    overlap=INDEXING,
    columns=(
        identifier("id", required=True),
        text("title"),
        *several(identifier, "state priority admin_assignee_id team_assignee_id"),
        *several(identifier, "topic priority_attribute escalated_attribute"),
        _moment("created_at", required=True),
        _moment("updated_at", required=True),
        _moment("waiting_since"),
        identifier("contact_id", "contacts.contacts.0.id"),
        *several(identifier, "source_type source_delivered_as", lambda name: ("source", name[7:])),
        *several(text, "source_subject source_body", lambda name: ("source", name[7:])),
        identifier("source_author_type", "source.author.type"),
        identifier("source_author_id", "source.author.id"),
        identifier("source_author_email", "source.author.email"),
        _moment("first_contact_reply_created_at", "first_contact_reply.created_at"),
        whole_number("rating", "conversation_rating.rating"),
        text("rating_remark", "conversation_rating.remark"),
        *several(
            _moment,
            "first_contact_reply_at first_admin_reply_at first_close_at last_close_at",
            lambda name: ("statistics", name),
        ),
        *several(whole_number, "count_reopens count_conversation_parts", lambda name: ("statistics", name)),
        flag("ai_agent_participated"),
        identifier("ai_agent_source_type", "ai_agent.source_type"),
        identifier("ai_agent_resolution_state", "ai_agent.resolution_state"),
        identifier("ai_agent_last_answer_type", "ai_agent.last_answer_type"),
        whole_number("ai_agent_rating", "ai_agent.rating"),
        nested("ai_agent_content_sources", "ai_agent.content_sources.content_sources"),
        nested("tags", "tags.tags"),
        nested("custom_attributes"),
    ),
)
CONVERSATION_PARTS = Table(
    "conversation_parts",
    key=("id",),
    columns=(
        identifier("id", required=True),
        identifier("conversation_id", required=True),
        identifier("part_type"),
        text("body"),
        _moment("created_at", required=True),
        _moment("updated_at"),
        *several(identifier, "author_type author_id author_email", lambda name: ("author", name[7:])),
        *several(flag, "author_from_ai_agent author_is_ai_answer", lambda name: ("author", name[7:])),
        *several(identifier, "assigned_to_type assigned_to_id", lambda name: ("assigned_to", name[12:])),
        flag("is_redacted", "redacted"),
    ),
)
TABLES = (ADMINS, COMPANIES, CONTACTS, STANDING_CONTACTS, CONVERSATIONS, CONVERSATION_PARTS)
