{{ config(materialized='table') }}

with feeds as (
    {{ union_feeds('users') }}
),

identity_keys as (
    select * from {{ ref('int_identity_keys') }}
),

-- a person without an account here may be known by the product's id of them elsewhere
named as (
    select
        *,
        external_id as user_record_id
    from feeds
),

resolved as (
    {{ resolved('named') }}
)

select
    {{ entity_id('resolved.system', 'resolved.record_id') }} as user_id,
    resolved.system,
    resolved.record_id,
    resolved.external_id,
    resolved.account_id,
    resolved.account_record_id,
    resolved.email,
    resolved.name,
    resolved.role,
    resolved.title,
    resolved.is_champion,
    resolved.created_at,
    resolved.deactivated_at,
    resolved.is_unsubscribed,
    resolved.is_bounced
from resolved
