{{ config(materialized='table') }}

with feeds as (
    {{ union_feeds('survey_responses') }}
),

identity_keys as (
    select * from {{ ref('int_identity_keys') }}
),

resolved as (
    {{ resolved('feeds', by=['account', 'user', 'email']) }}
)

select
    {{ entity_id('resolved.system', 'resolved.record_id') }} as response_id,
    resolved.system,
    resolved.record_id,
    resolved.account_id,
    resolved.account_record_id,
    resolved.email,
    resolved.submitted_at,
    resolved.kind,
    resolved.score,
    resolved.comment
from resolved
