{{ config(materialized='table') }}

with conversations as (
    select * from {{ ref('int_ai_conversations') }}
),

run as (
    select * from {{ ref('int_run') }}
),

rules as (
    select * from {{ ref('support_rules') }}
),

-- nothing is known on a day that happened after it
known as (
    select
        conversations.* exclude (outcome, escalated_at, resolved_at, resolved_by, resolution),
        cast(run.as_of + 1 as timestamp) as known_until,
        case when conversations.escalated_at < run.as_of + 1 then conversations.escalated_at end as escalated_at,
        case when conversations.resolved_at < run.as_of + 1 then conversations.resolved_at end as resolved_at,
        case when conversations.resolved_at < run.as_of + 1 then conversations.resolved_by end as resolved_by,
        case when conversations.resolved_at < run.as_of + 1 then conversations.resolution end as resolution,
        case
            when conversations.escalated_at >= run.as_of + 1 then null
            when conversations.resolved_at >= run.as_of + 1 and conversations.outcome <> 'escalated' then null
            else conversations.outcome
        end as outcome,
        coalesce(conversations.first_answer_at, conversations.started_at) as answered_at
    from conversations
    cross join run
    where conversations.started_at < run.as_of + 1
),

ended as (
    select
        *,
        coalesce(resolved_at, answered_at) as ended_at
    from known
)

select
    ended.*,
    case
        when ended.ticket_record_id is not null
            then {{ entity_id('ended.system', 'ended.ticket_record_id') }}
    end as ticket_id,
    rules.recontact_scope,
    rules.topic_similarity,
    ended.ended_at + rules.recontact_days * interval 1 day as window_ends_at,
    ended.ended_at + rules.recontact_days * interval 1 day < ended.known_until as is_window_over
from ended
inner join rules on rules.valid_from = {{ policy_version(ref('support_rules'), 'cast(ended.started_at as date)') }}
