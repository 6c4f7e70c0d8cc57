{{ config(materialized='table') }}

with feeds as (
    {{ union_feeds('subscriptions') }}
),

identity_keys as (
    select * from {{ ref('int_identity_keys') }}
),

resolved as (
    {{ resolved('feeds', by=['account']) }}
)

select
    {{ entity_id('resolved.system', 'resolved.record_id') }} as subscription_id,
    resolved.system,
    resolved.record_id,
    resolved.account_id,
    resolved.account_record_id,
    resolved.started_on,
    resolved.ended_on,
    resolved.mrr,
    resolved.currency,
    resolved.plan,
    resolved.seats
from resolved
