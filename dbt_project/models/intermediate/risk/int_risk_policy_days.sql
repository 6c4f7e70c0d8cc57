{{ config(materialized='table') }}

with days as (
    select * from {{ ref('int_days') }}
),

usage as (
    select * from {{ ref('int_usage_daily') }}
),

{% for entity in ['tickets', 'survey_responses', 'csm_activities'] %}
    {{ entity }} as (
        select * from {{ ref('int_' ~ entity) }}
    ),

{% endfor %}
-- contracts reach back further than anything is on record of what their accounts did
record as (
    select least(
        (select min(used_on) from usage),
        (select cast(min(created_at) as date) from tickets),
        (select cast(min(submitted_at) as date) from survey_responses),
        (select cast(min(started_at) as date) from csm_activities)
    ) as begins_on
),

churn_signals_hashes as (
    {{ policy_hashes(ref('churn_signals')) }}
),

churn_windows_hashes as (
    {{ policy_hashes(ref('churn_windows')) }}
),

external_judgements_hashes as (
    {{ policy_hashes(ref('external_judgements')) }}
),

versions as (
    select
        days.day,
        {{ policy_version(ref('churn_signals'), 'days.day') }} as churn_signals_from,
        {{ policy_version(ref('churn_windows'), 'days.day') }} as churn_windows_from,
        {{ policy_version(ref('external_judgements'), 'days.day') }} as external_judgements_from
    from days
    cross join record
    where days.day >= record.begins_on
)

select
    versions.*,
    md5(concat(
        churn_signals_hashes.version_hash,
        churn_windows_hashes.version_hash,
        external_judgements_hashes.version_hash
    )) as policy_fingerprint
from versions
inner join churn_signals_hashes on versions.churn_signals_from = churn_signals_hashes.valid_from
inner join churn_windows_hashes on versions.churn_windows_from = churn_windows_hashes.valid_from
inner join external_judgements_hashes
    on versions.external_judgements_from = external_judgements_hashes.valid_from
