{% set systems = ['hubspot', 'salesforce', 'intercom', 'gainsight', 'churnzero', 'totango'] %}

with records as (
    select * from {{ ref('dim_account_records') }}
),

health as (
    select * from {{ ref('fct_account_health_daily') }}
),

risks as (
    select * from {{ ref('fct_churn_risk_daily') }}
),

rollout as (
    select * from {{ ref('int_rollout') }}
),

-- a system with several records of one account shows it on the first
targets as (
    select
        account_id,
        system,
        min(record_id) as external_id
    from records
    where system in ('{{ systems | join("', '") }}')
        and account_id is not null
    group by account_id, system
)

select
    targets.account_id,
    targets.system,
    targets.external_id,
    cast(health.score as double) as score,
    coalesce(health.tier, 'unknown') as tier,
    risks.risk,
    risks.risk_band,
    rollout.as_of
from targets
cross join rollout
left join health
    on targets.account_id = health.account_id
    and rollout.as_of = health.date
left join risks
    on targets.account_id = risks.account_id
    and rollout.as_of = risks.date
order by targets.system, targets.account_id
