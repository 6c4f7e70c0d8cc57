{{ config(materialized='table') }}

with days as (
    select * from {{ ref('int_sla_days') }}
),

plays as (
    select * from {{ ref('plays') }}
),

sla_clocks as (
    select * from {{ ref('sla_clocks') }}
),

rollouts as (
    select * from {{ ref('rollout') }}
),

rollout as (
    select * from {{ ref('int_rollout') }}
),

renewal_windows as (
    select * from {{ ref('int_renewal_windows') }}
),

accounts as (
    select * from {{ ref('int_accounts') }}
),

-- the days this build may decide for: what waited in vain is decided for its last day, the one scored last included
bounds as (
    select
        least(coalesce(scored_through, live_on), as_of) as first_day,
        as_of as last_day
    from rollout
),

decided_days as (
    select cast({{ day_range('first_day', 'last_day') }} as date) as decided_for
    from bounds
),

play_days as (
    select distinct
        plays.play_id,
        plays.sla_hours,
        decided_days.decided_for,
        {{ work_begins('decided_days.decided_for', 'rollouts.sla_clock_hour_utc') }} as starts_at
    from decided_days
    inner join rollouts on rollouts.valid_from = {{ policy_version(ref('rollout'), 'decided_days.decided_for') }}
    cross join plays
    where plays.sla_hours is not null
),

-- the row of the play, else the one of all plays
clocked as (
    select
        play_days.play_id,
        play_days.sla_hours,
        play_days.decided_for,
        play_days.starts_at,
        coalesce(max_by(sla_clocks.clock, sla_clocks.play_id <> '*'), 'calendar') as clock
    from play_days
    left join sla_clocks
        on sla_clocks.play_id in ('*', play_days.play_id)
        and sla_clocks.valid_from = {{ policy_version(ref('sla_clocks'), 'play_days.decided_for') }}
    group by all
),

desks as (
    select distinct desk from days
),

steps as (
    select distinct
        desks.desk,
        clocked.clock,
        clocked.starts_at,
        clocked.sla_hours,
        cast(60 * clocked.sla_hours as double) as clock_minutes
    from clocked
    cross join desks
),

{{ clock_moments('steps') }},

promises as (
    select
        moments.desk,
        clocked.play_id,
        clocked.sla_hours,
        clocked.decided_for,
        clocked.clock,
        clocked.starts_at,
        moments.reached_at
    from clocked
    inner join moments
        on clocked.clock = moments.clock
        and clocked.starts_at = moments.starts_at
        and clocked.sla_hours = moments.sla_hours
),

renewals as (
    select distinct
        coalesce(accounts.csm_id, '') as desk,
        plays.play_id,
        renewal_windows.renewal_on,
        true as counts_when_past
    from renewal_windows
    inner join accounts on renewal_windows.account_id = accounts.account_id
    inner join plays
        on plays.trigger_kind = 'renewal_due'
        and renewal_windows.step = plays.trigger_key

    union all

    -- who may leave, or is judged in two ways, is looked into before the renewal that is still to come
    select distinct
        coalesce(accounts.csm_id, '') as desk,
        plays.play_id,
        accounts.renewal_on,
        false as counts_when_past
    from accounts
    inner join plays
        on plays.trigger_kind in ('churn_risk_raised', 'sponsor_needed', 'judgements_diverge')
        and accounts.renewal_on is not null
),

-- what is about a renewal is answered before it: at the end of the last day's work
closings as (
    select
        renewals.desk,
        renewals.play_id,
        renewals.renewal_on,
        renewals.counts_when_past,
        max(days.runs_from + cast(days.open_minutes as bigint) * interval 1 minute) as closes_at
    from renewals
    inner join days
        on renewals.desk = days.desk
        and days.clock = 'business'
        and days.open_minutes > 0
        and renewals.renewal_on > days.date
    group by renewals.desk, renewals.play_id, renewals.renewal_on, renewals.counts_when_past
)

select
    desk,
    play_id,
    sla_hours,
    decided_for,
    clock,
    cast(null as date) as renewal_on,
    reached_at as due_at
from promises

union all

-- but not before anybody has heard of it
select
    promises.desk,
    promises.play_id,
    promises.sla_hours,
    promises.decided_for,
    promises.clock,
    closings.renewal_on,
    greatest(closings.closes_at, promises.starts_at) as due_at
from promises
inner join closings
    on promises.desk = closings.desk
    and promises.play_id = closings.play_id
    and promises.reached_at > closings.closes_at
    and (closings.counts_when_past or promises.decided_for < closings.renewal_on)
