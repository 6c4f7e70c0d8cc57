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

climbs as (
    select * from ladders

    union all

    select
        action_id,
        'due' as step,
        cast(60 * sla_hours as double) as clock_minutes
    from alerts
),

steps as (
    select
        climbs.action_id,
        climbs.step,
        climbs.clock_minutes,
        alerts.clock,
        alerts.starts_at,
        coalesce(alerts.csm_id, '') as desk
    from climbs
    inner join alerts on climbs.action_id = alerts.action_id
),

{{ clock_moments('steps') }}

select
    action_id,
    step,
    reached_at
from moments
