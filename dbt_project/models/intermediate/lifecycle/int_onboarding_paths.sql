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
        accounts.configuration,
        replace(lower(trim(accounts.industry)), ' ', '_') as industry
    from occurrences
    inner join accounts on occurrences.account_id = accounts.account_id
    left join health
        on occurrences.account_id = health.account_id
        and occurrences.started_on = health.date
),

fitting as (
    select
        moments.*,
        paths.priority,
        paths.path,
        paths.guide_title,
        paths.guide_url,
        paths.next_step,
        -- what the path asks for, as it is with this customer
        concat_ws(
            ', ',
            case when paths.usage_types <> '*' then concat('used by ', moments.usage_type) end,
            case when paths.industries <> '*' then moments.industry end,
            case when paths.segments <> '*' then moments.segment end,
            case
                when paths.min_employees is not null or paths.max_employees is not null
                    then concat(cast(moments.employees as varchar), ' employees')
            end,
            case
                when paths.configurations <> '*'
                    then {{ words_in_sentence(words_in_common('moments.configuration', 'paths.configurations')) }}
            end
        ) as path_because
    from moments
    left join onboarding_paths as paths
        on paths.valid_from = {{ policy_version(ref('onboarding_paths'), 'moments.started_on') }}
        and {{ word_in('moments.usage_type', 'paths.usage_types') }}
        and {{ word_in('moments.industry', 'paths.industries') }}
        and {{ word_in('moments.segment', 'paths.segments') }}
        and coalesce(moments.employees >= paths.min_employees, paths.min_employees is null)
        and coalesce(moments.employees <= paths.max_employees, paths.max_employees is null)
        -- what is not known to be switched on is taken for off
        and (paths.configurations = '*' or {{ share_a_word('moments.configuration', 'paths.configurations') }})
)

select
    account_id,
    started_on,
    usage_type,
    segment,
    {{ words_in_sentence('configuration') }} as configured_with,
    path,
    nullif(replace(path_because, '_', ' '), '') as path_because,
    guide_title,
    guide_url,
    next_step
from fitting
qualify row_number() over (partition by account_id, started_on order by priority, path) = 1
