{% set systems = ['hubspot', 'salesforce', 'intercom', 'gainsight', 'churnzero', 'totango'] %}

with system_accounts as (
    select * from {{ ref('int_system_accounts') }}
),

health as (
    select * from {{ ref('fct_account_health_daily') }}
),

tiers as (
    select * from {{ ref('int_account_tiers_daily') }}
),

risks as (
    select * from {{ ref('fct_churn_risk_daily') }}
),

rollout as (
    select * from {{ ref('int_rollout') }}
),

targets as (
    select * from system_accounts
    where system in ('{{ systems | join("', '") }}')
)

select
    targets.account_id,
    targets.system,
    targets.external_id,
    cast(health.score as double) as score,
    -- the tier that messages name: a score that wobbles over a bound changes neither
    case when health.score is null then 'unknown' else coalesce(tiers.tier, health.tier) end as tier,
    risks.risk,
    risks.risk_band,
    rollout.as_of
from targets
cross join rollout
left join health
    on targets.account_id = health.account_id
    and rollout.as_of = health.date
left join tiers
    on targets.account_id = tiers.account_id
    and rollout.as_of = tiers.scored_on
left join risks
    on targets.account_id = risks.account_id
    and rollout.as_of = risks.date
order by targets.system, targets.account_id
