{{ config(materialized='table') }}

with alerts as (
    select * from {{ ref('int_sla_alerts') }}
),

activities as (
    select * from {{ ref('int_csm_activities') }}
),

tickets as (
    select * from {{ ref('int_tickets') }}
),

deliveries as (
    select * from {{ ref('stg_ledger__deliveries') }}
),

replies as (
    select * from {{ ref('stg_ledger__reply_events') }}
),

-- who answers a reminder answers what it reminds of
answered as (
    select
        replies.kind,
        replies.replied_at,
        unnest(list_distinct([
            replies.action_id,
            coalesce(json_extract_string(deliveries.facts, '$.alert_action_id'), replies.action_id)
        ])) as action_id
    from replies
    left join deliveries on replies.action_id = deliveries.action_id
),

responses as (
    select
        alerts.action_id,
        'named_activity' as response_kind,
        activities.started_at as responded_at
    from alerts
    inner join activities on alerts.action_id = activities.action_id

    union all

    -- work that the customer has no part in is no answer
    select
        alerts.action_id,
        activities.kind as response_kind,
        activities.started_at as responded_at
    from alerts
    inner join activities
        on alerts.account_id = activities.account_id
        and activities.kind <> 'internal'

    union all

    select
        alerts.action_id,
        'ticket_reply' as response_kind,
        tickets.first_human_response_at as responded_at
    from alerts
    inner join tickets
        on alerts.account_id = tickets.account_id
        and tickets.first_human_response_at is not null

    union all

    -- what a customer replies is no answer of ours
    select
        alerts.action_id,
        answered.kind as response_kind,
        answered.replied_at as responded_at
    from alerts
    inner join answered
        on alerts.action_id = answered.action_id
        and alerts.recipient_role <> 'account'
)

select
    alerts.action_id,
    min(responses.responded_at) as responded_at,
    min_by(responses.response_kind, (responses.responded_at, responses.response_kind <> 'named_activity'))
        as response_kind
from alerts
inner join responses
    on alerts.action_id = responses.action_id
    and alerts.routed_at <= responses.responded_at
    and alerts.observed_until >= responses.responded_at
    -- what was closed by itself asks for no answer any more
    and responses.responded_at < coalesce(alerts.closed_on, date '9999-12-31')
group by alerts.action_id
