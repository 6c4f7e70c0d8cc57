with accounts as (
    select * from {{ ref('int_accounts') }}
),

health as (
    select * from {{ ref('fct_account_health_daily') }}
),

automation_tiers as (
    select * from {{ ref('automation_tiers') }}
),

experiments as (
    select * from {{ ref('experiments') }}
    where play_id = '*'
),

run as (
    select * from {{ ref('int_run') }}
)

select
    accounts.account_id,
    accounts.name,
    accounts.domain,
    health.segment,
    accounts.industry,
    accounts.employees,
    coalesce(health.plan, accounts.plan) as plan,
    accounts.region,
    coalesce(health.usage_type, 'none') as usage_type,
    accounts.csm_id,
    coalesce(accounts.arr, health.arr_usd) as arr,
    case
        when accounts.arr is not null then accounts.currency
        when health.arr_usd is not null then 'USD'
    end as currency,
    accounts.started_on,
    accounts.renewal_on,
    accounts.is_active,
    accounts.churned_on,
    accounts.wants_human,
    accounts.has_executive_sponsor,
    accounts.configuration,
    accounts.parent_account_id,
    automation_tiers.automation_tier,
    -- sticky: the draw depends on the account alone, so nobody changes group when others come or go
    case
        when {{ hash_share("concat(experiments.salt, accounts.account_id)") }} < experiments.share
            then 'holdout'
        else 'treated'
    end as holdout_group
from accounts
cross join run
left join health
    on accounts.account_id = health.account_id
    and accounts.last_on = health.date
left join automation_tiers
    on health.segment = automation_tiers.segment
    and automation_tiers.valid_from = {{ policy_version(ref('automation_tiers'), 'run.as_of') }}
left join experiments
    on experiments.valid_from = {{ policy_version(ref('experiments'), 'run.as_of') }}
    and run.as_of between coalesce(experiments.starts_on, run.as_of) and coalesce(experiments.ends_on, run.as_of)
order by accounts.account_id
