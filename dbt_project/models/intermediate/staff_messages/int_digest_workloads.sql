with recent as (
    select * from {{ ref('int_digest_actions') }}
),

effort as (
    select * from {{ ref('alert_effort') }}
),

budget as (
    select * from {{ ref('alert_budget') }}
),

benchmarks as (
    select * from {{ ref('benchmarks') }}
),

run as (
    select * from {{ ref('int_run') }}
),

automated as (
    select
        leader_id,
        count(*) as workflows,
        count(case when mode = 'automated' then 1 end) as automated
    from recent
    where state <> 'suppressed'
        and trigger_kind <> 'alert_unanswered'
    group by leader_id
),

loads as (
    select
        recent.leader_id,
        recent.name,
        recent.csm_id,
        count(*) as alerts,
        sum(coalesce(own.minutes_per_alert, others.minutes_per_alert)) / 60.0 as hours,
        max(coalesce(recent.hours_per_week, budget.default_hours_per_week) * budget.share_for_alerts) as hours_available
    from recent
    inner join budget on budget.valid_from = {{ policy_version(ref('alert_budget'), 'recent.decided_for') }}
    inner join effort as others
        on others.play_id = '*'
        and others.valid_from = {{ policy_version(ref('alert_effort'), 'recent.decided_for') }}
    left join effort as own
        on recent.play_id = own.play_id
        and others.valid_from = own.valid_from
    where recent.recipient_role = 'csm'
        and recent.state = 'delivered'
    group by recent.leader_id, recent.name, recent.csm_id
),

states as (
    select
        leader_id,
        state,
        count(*) as actions
    from recent
    group by leader_id, state
)

select
    automated.leader_id,
    4 as place,
    '' as key,
    concat(
        'Workflows carried out by machines: ',
        cast(cast(round(100.0 * automated.automated / automated.workflows) as integer) as varchar), ' % of ',
        cast(automated.workflows as varchar), ' (others report ',
        cast(cast(round(100 * benchmarks.benchmark_low) as integer) as varchar), '–',
        cast(cast(round(100 * benchmarks.benchmark_high) as integer) as varchar), ' %)'
    ) as line,
    cast(null as varchar) as asks
from automated
cross join run
inner join benchmarks
    on benchmarks.measure = 'automation_share'
    and benchmarks.valid_from = {{ policy_version(ref('benchmarks'), 'run.as_of') }}

union all

select
    leader_id,
    5 as place,
    csm_id as key,
    concat(
        name, ': ', cast(alerts as varchar), case when alerts = 1 then ' alert, ' else ' alerts, ' end,
        cast(cast(round(hours, 1) as decimal(8, 1)) as varchar), ' of ',
        cast(cast(round(hours_available, 1) as decimal(8, 1)) as varchar), ' hours that alerts may take'
    ) as line,
    case when hours > hours_available then 'over_budget' end as asks
from loads

union all

select
    leader_id,
    6 as place,
    state as key,
    concat('Actions ', replace(state, '_', ' '), ': ', cast(actions as varchar)) as line,
    cast(null as varchar) as asks
from states
