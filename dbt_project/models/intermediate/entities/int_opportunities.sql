{{ config(materialized='table') }}

with feeds as (
    {{ union_feeds('opportunities') }}
),

identity_keys as (
    select * from {{ ref('int_identity_keys') }}
),

resolved as (
    {{ resolved('feeds', by=['account']) }}
)

select
    {{ entity_id('resolved.system', 'resolved.record_id') }} as opportunity_id,
    resolved.system,
    resolved.record_id,
    resolved.account_id,
    resolved.account_record_id,
    resolved.kind,
    resolved.stage,
    resolved.amount,
    resolved.closes_on,
    resolved.created_at,
    resolved.is_closed,
    resolved.is_won
from resolved
