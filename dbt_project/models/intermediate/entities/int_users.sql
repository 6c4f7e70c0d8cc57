{{ config(materialized='table') }}

with feeds as (
    {{ union_feeds('users') }}
),

identity_keys as (
    select * from {{ ref('int_identity_keys') }}
),

resolved as (
    {{ resolved('feeds', by=['account', 'email']) }}
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
    resolved.deactivated_at
from resolved
