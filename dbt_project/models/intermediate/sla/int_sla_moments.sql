{{ config(materialized='table') }}

with alerts as (
    select * from {{ ref('int_sla_alerts') }}
),

days as (
    select * from {{ ref('int_sla_days') }}
),

ladder as (
    select * from {{ ref('escalation_ladder') }}
),

owners as (
    select distinct valid_from, play_id from ladder
),

-- a play's own rows are its whole ladder
ladders as (
    select
        alerts.action_id,
        ladder.step,
        cast(60 * (ladder.after_share * alerts.sla_hours + ladder.hours_past_due) as double) as clock_minutes
    from alerts
    left join owners
        on alerts.play_id = owners.play_id
        and owners.valid_from = {{ policy_version(ref('escalation_ladder'), 'alerts.decided_for') }}
    inner join ladder
        on ladder.valid_from = {{ policy_version(ref('escalation_ladder'), 'alerts.decided_for') }}
        and ladder.play_id = coalesce(owners.play_id, '*')
),

steps as (
    select * from ladders

    union all

    select
        action_id,
        'due' as step,
        cast(60 * sla_hours as double) as clock_minutes
    from alerts
),

targets as (
    select
        steps.action_id,
        steps.step,
        alerts.clock,
        coalesce(desks.desk, '') as desk,
        {{ sla_reading('desks', 'alerts.starts_at') }} + steps.clock_minutes as shown
    from steps
    inner join alerts on steps.action_id = alerts.action_id
    inner join days as desks
        on coalesce(alerts.csm_id, '') = desks.desk
        and alerts.clock = desks.clock
        and alerts.starts_at >= desks.begins_at
        and alerts.starts_at < desks.ends_at
)

select
    targets.action_id,
    targets.step,
    days.runs_from + cast(round(60 * (targets.shown - days.minutes_before)) as bigint) * interval 1 second as reached_at
from targets
inner join days
    on targets.desk = days.desk
    and targets.clock = days.clock
    and targets.shown > days.minutes_before
    and days.minutes_before + days.open_minutes >= targets.shown
