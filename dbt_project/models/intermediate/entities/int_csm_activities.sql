{{ config(materialized='table') }}

with feeds as (
    {{ union_feeds('csm_activities') }}
),

identity_keys as (
    select * from {{ ref('int_identity_keys') }}
),

csm_records as (
    select * from {{ ref('int_csm_records') }}
),

resolved as (
    {{ resolved('feeds', by=['account']) }}
)

select
    {{ entity_id('resolved.system', 'resolved.record_id') }} as activity_id,
    resolved.system,
    resolved.record_id,
    csm_records.csm_id,
    resolved.account_id,
    resolved.account_record_id,
    resolved.kind,
    resolved.started_at,
    resolved.minutes,
    resolved.action_id
from resolved
left join csm_records
    on resolved.system = csm_records.system
    and resolved.csm_record_id = csm_records.record_id
