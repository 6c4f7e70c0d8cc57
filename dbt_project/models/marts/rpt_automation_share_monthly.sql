with decisions as (
    select * from {{ ref('fct_action_decisions') }}
),

accounts as (
    select * from {{ ref('dim_accounts') }}
),

plays as (
    select * from {{ ref('plays') }}
),

benchmarks as (
    select * from {{ ref('benchmarks') }}
),

-- reminders of an alert belong to the workflow that the alert began
workflows as (
    select
        cast({{ dbt.date_trunc('month', 'decisions.decided_for') }} as date) as month,
        coalesce(accounts.segment, 'unknown') as segment,
        decisions.mode
    from decisions
    inner join accounts on decisions.account_id = accounts.account_id
    left join plays
        on decisions.play_id = plays.play_id
        and decisions.policy_valid_from = plays.valid_from
    where decisions.suppressed_by is null
        and plays.trigger_kind is distinct from 'alert_unanswered'
),

by_segment as (
    select month, segment, mode from workflows
    union all
    select month, '*' as segment, mode from workflows
),

counted as (
    select
        month,
        segment,
        count(*) as workflows,
        count(case when mode = 'automated' then 1 end) as automated,
        count(case when mode = 'assisted' then 1 end) as assisted,
        count(case when mode = 'human' then 1 end) as human
    from by_segment
    group by month, segment
)

select
    counted.month,
    counted.segment,
    counted.workflows,
    counted.automated,
    counted.assisted,
    counted.human,
    cast(counted.automated as double) / counted.workflows as automated_share,
    benchmarks.benchmark_low,
    benchmarks.benchmark_high
from counted
left join benchmarks
    on benchmarks.measure = 'automation_share'
    and benchmarks.valid_from = {{ policy_version(ref('benchmarks'), 'counted.month') }}
order by counted.month, counted.segment
