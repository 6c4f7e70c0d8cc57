{{ config(materialized='table') }}

with feeds as (
    {{ union_feeds('tickets') }}
),

identity_keys as (
    select * from {{ ref('int_identity_keys') }}
),

resolved as (
    {{ resolved('feeds', by=['account', 'user', 'email']) }}
)

select
    {{ entity_id('resolved.system', 'resolved.record_id') }} as ticket_id,
    resolved.system,
    resolved.record_id,
    resolved.account_id,
    resolved.account_record_id,
    resolved.email,
    resolved.created_at,
    resolved.first_response_at,
    resolved.first_human_response_at,
    resolved.solved_at,
    resolved.reopened_at,
    resolved.status,
    resolved.priority,
    resolved.channel,
    resolved.handled_by,
    resolved.is_escalated,
    resolved.csat,
    resolved.topic,
    resolved.subject
from resolved
