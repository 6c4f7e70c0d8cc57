{{ config(materialized='table') }}

with csms as (
    select * from {{ ref('int_csms') }}
),

accounts as (
    select * from {{ ref('dim_accounts') }}
),

health as (
    select * from {{ ref('fct_account_health_daily') }}
),

crossings as (
    select * from {{ ref('fct_tier_changes') }}
),

sla as (
    select * from {{ ref('fct_sla') }}
),

deliveries as (
    select * from {{ ref('stg_ledger__deliveries') }}
),

plays as (
    select * from {{ ref('plays') }}
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

-- a leader's accounts are those of the people who report to them
led as (
    select
        csms.manager_id as leader_id,
        csms.csm_id,
        csms.name,
        csms.hours_per_week,
        accounts.account_id
    from csms
    inner join accounts on csms.csm_id = accounts.csm_id
    where csms.manager_id is not null
),

tiers as (
    select
        led.leader_id,
        health.tier,
        count(case when health.date = run.as_of then 1 end) as now,
        count(case when health.date = run.as_of - 7 then 1 end) as before
    from led
    inner join health on led.account_id = health.account_id
    cross join run
    where health.date in (run.as_of, run.as_of - 7)
    group by led.leader_id, health.tier
),

crossed as (
    select
        led.leader_id,
        count(case when crossings.direction = 'down' then 1 end) as down,
        count(case when crossings.direction = 'up' then 1 end) as up
    from led
    inner join crossings on led.account_id = crossings.account_id
    cross join run
    where crossings.changed_on between run.as_of - 6 and run.as_of
    group by led.leader_id
),

answers as (
    select
        led.leader_id,
        count(case when sla.due_at >= cast(run.as_of - 6 as timestamp) and sla.status <> 'open' then 1 end) as due,
        count(
            case
                when sla.due_at >= cast(run.as_of - 6 as timestamp) and sla.status <> 'open' and not sla.is_breached
                    then 1
            end
        ) as met,
        count(case when sla.status = 'overdue' then 1 end) as overdue
    from led
    inner join sla on led.account_id = sla.account_id
    cross join run
    group by led.leader_id
),

recent as (
    select
        led.leader_id,
        led.name,
        led.csm_id,
        led.hours_per_week,
        deliveries.mode,
        deliveries.state,
        deliveries.play_id,
        deliveries.decided_for,
        plays.recipient_role,
        plays.trigger_kind
    from led
    inner join deliveries on led.account_id = deliveries.account_id
    cross join run
    inner join plays
        on deliveries.play_id = plays.play_id
        and deliveries.policy_valid_from = plays.valid_from
    where deliveries.decided_for between run.as_of - 6 and run.as_of
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
),

lines as (
    select
        leader_id,
        1 as place,
        tier as key,
        concat(
            'Accounts ', replace(tier, '_', ' '), ': ', cast(now as varchar), ' (',
            cast(before as varchar), ' a week ago)'
        ) as line
    from tiers

    union all

    select
        leader_id,
        2 as place,
        '' as key,
        concat('Tier crossings: ', cast(down as varchar), ' down, ', cast(up as varchar), ' up') as line
    from crossed

    union all

    select
        leader_id,
        3 as place,
        '' as key,
        concat(
            'Alerts answered in time: ', cast(met as varchar), ' of ', cast(due as varchar),
            ' that were due or answered; ',
            cast(overdue as varchar), ' still overdue'
        ) as line
    from answers

    union all

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
        ) as line
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
        ) as line
    from loads

    union all

    select
        leader_id,
        6 as place,
        state as key,
        concat('Actions ', replace(state, '_', ' '), ': ', cast(actions as varchar)) as line
    from states
),

ranked as (
    select
        *,
        row_number() over (partition by leader_id order by place, key) as line_rank
    from lines
),

rules as (
    select staff_messages.*
    from {{ ref('staff_messages') }} as staff_messages
    cross join run
    where staff_messages.play_id = 'leader_weekly_digest'
        and staff_messages.valid_from = {{ policy_version(ref('staff_messages'), 'run.as_of') }}
)

select
    ranked.leader_id,
    count(*) as entries,
    greatest(count(*) - max(rules.max_lines), 0) as entries_left_out,
    array_agg(ranked.line order by ranked.line_rank) filter (where ranked.line_rank <= rules.max_lines) as lines
from ranked
cross join rules
group by ranked.leader_id
