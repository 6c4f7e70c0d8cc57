with occurrences as (
    select * from {{ ref('int_onboarding_occurrences') }}
),

accounts as (
    select * from {{ ref('int_onboarding_accounts') }}
),

health as (
    select * from {{ ref('fct_account_health_daily') }}
),

onboarding_paths as (
    select * from {{ ref('onboarding_paths') }}
),

moments as (
    select distinct
        occurrences.account_id,
        occurrences.started_on,
        health.usage_type,
        health.segment,
        accounts.employees,
        replace(lower(trim(accounts.industry)), ' ', '_') as industry
    from occurrences
    inner join accounts on occurrences.account_id = accounts.account_id
    left join health
        on occurrences.account_id = health.account_id
        and occurrences.started_on = health.date
)

select
    moments.account_id,
    moments.started_on,
    moments.usage_type,
    moments.segment,
    min_by(paths.path, paths.priority) as path,
    min_by(paths.guide_title, paths.priority) as guide_title,
    min_by(paths.guide_url, paths.priority) as guide_url,
    min_by(paths.next_step, paths.priority) as next_step
from moments
left join onboarding_paths as paths
    on paths.valid_from = {{ policy_version(ref('onboarding_paths'), 'moments.started_on') }}
    and {{ word_in('moments.usage_type', 'paths.usage_types') }}
    and {{ word_in('moments.industry', 'paths.industries') }}
    and {{ word_in('moments.segment', 'paths.segments') }}
    and coalesce(moments.employees >= paths.min_employees, paths.min_employees is null)
    and coalesce(moments.employees <= paths.max_employees, paths.max_employees is null)
group by moments.account_id, moments.started_on, moments.usage_type, moments.segment
