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

-- a message asks by the time it names; one that goes out later asks for an answer soon, and leaves the clock its hours
named as (
    select
        *,
        coalesce(csm_id, '') as desk,
        case when sla_due_at > routed_at then sla_due_at end as named_at
    from alerts
),

-- what the clock will show between the two
asked as (
    select
        named.action_id,
        {{ sla_reading('closing', 'named.named_at') }} - ({{ sla_reading('started', 'named.starts_at') }}) as minutes
    from named
    inner join days as started
        on named.desk = started.desk
        and named.clock = started.clock
        and named.starts_at >= started.begins_at
        and named.starts_at < started.ends_at
    inner join days as closing
        on named.desk = closing.desk
        and named.clock = closing.clock
        and named.named_at >= closing.begins_at
        and named.named_at < closing.ends_at
),

-- a play's own rows are its whole ladder
climbs as (
    select
        named.action_id,
        ladder.step,
        ladder.after_share,
        ladder.hours_past_due
    from named
    left join owners
        on named.play_id = owners.play_id
        and owners.valid_from = {{ policy_version(ref('escalation_ladder'), 'named.decided_for') }}
    inner join ladder
        on ladder.valid_from = {{ policy_version(ref('escalation_ladder'), 'named.decided_for') }}
        and ladder.play_id = coalesce(owners.play_id, '*')

    union all

    select
        action_id,
        'due' as step,
        1 as after_share,
        0 as hours_past_due
    from named
),

steps as (
    select
        climbs.action_id,
        climbs.step,
        climbs.after_share,
        climbs.hours_past_due,
        cast(
            climbs.after_share
            * case when asked.minutes is null then 60 * named.sla_hours else greatest(asked.minutes, 1) end
            + 60 * climbs.hours_past_due as double
        ) as clock_minutes,
        named.named_at,
        named.clock,
        named.starts_at,
        named.desk
    from climbs
    inner join named on climbs.action_id = named.action_id
    left join asked on climbs.action_id = asked.action_id
),

{{ clock_moments('steps') }}

-- the time named stands where the CSM who has the account by now does not work then
select
    action_id,
    step,
    case
        when after_share = 1 and hours_past_due = 0 then coalesce(named_at, reached_at)
        when after_share >= 1 then greatest(reached_at, named_at)
        else least(reached_at, named_at)
    end as reached_at
from moments
