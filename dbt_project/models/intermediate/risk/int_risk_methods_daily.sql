{{ config(materialized='table') }}

with days as (
    select * from {{ ref('int_risk_policy_days') }}
),

models as (
    select * from {{ ref('int_churn_models') }}
),

risk_bands_hashes as (
    {{ policy_hashes(ref('risk_bands')) }}
),

risk_severities_hashes as (
    {{ policy_hashes(ref('risk_severities')) }}
),

-- a model speaks from the day it was trained until the next training; where that was refused, the flags speak
spans as (
    select
        model_version,
        refused_because,
        trained_on,
        lead(trained_on) over (order by trained_on) as superseded_on
    from models
),

methods as (
    select
        days.day,
        case when spans.refused_because is null then spans.model_version end as model_version,
        {{ policy_version(ref('risk_bands'), 'days.day') }} as risk_bands_from,
        {{ policy_version(ref('risk_severities'), 'days.day') }} as risk_severities_from
    from days
    left join spans
        on days.day >= spans.trained_on
        and days.day < coalesce(spans.superseded_on, date '9999-12-31')
)

select
    methods.day,
    methods.model_version,
    case when methods.model_version is null then 'flags' else 'model' end as method,
    methods.risk_bands_from,
    methods.risk_severities_from,
    md5(concat(
        coalesce(methods.model_version, 'flags'), risk_bands_hashes.version_hash, risk_severities_hashes.version_hash
    )) as method_fingerprint
from methods
inner join risk_bands_hashes on methods.risk_bands_from = risk_bands_hashes.valid_from
inner join risk_severities_hashes on methods.risk_severities_from = risk_severities_hashes.valid_from
