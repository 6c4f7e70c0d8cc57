{{ config(materialized='table') }}

with deliveries as (
    select * from {{ ref('stg_ledger__deliveries') }}
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

accounts as (
    select * from {{ ref('int_accounts') }}
),

runs as (
    select * from {{ ref('stg_tierline__runs') }}
),

run as (
    select * from {{ ref('int_run') }}
),

triggers as (
    {% for model in trigger_kinds().values() | unique if model != 'int_alert_ladder_triggers' %}
        select account_id, trigger_kind, trigger_key, subject, started_on, lasted_through from {{ ref(model) }}
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

latest_run as (
    select max_by(started_at, run_id) as started_at from runs
),

-- Until when one looks: the moment of the build. A build that catches up on earlier days does not look past the day
-- on which they would have been built.
observed as (
    select
        run.as_of,
        least(
            coalesce(latest_run.started_at, cast(run.as_of + 1 as timestamp)), cast(run.as_of + 2 as timestamp)
        ) as observed_until
    from run
    cross join latest_run
),

-- the outbox stands in for channels that are not set up; once any is, what lies there reached nobody
reach as (
    select count(*) > 0 as has_channels
    from deliveries
    cross join observed
    where deliveries.state = 'delivered'
        and deliveries.destination <> 'local_sink'
        and deliveries.delivered_at <= observed.observed_until
),

-- what could not be delivered, or not for certain, waits for an answer since it was first tried
routed as (
    select
        *,
        coalesce(delivered_at, first_attempt_at) as routed_at
    from deliveries
    where state in ('delivered', 'held', 'dead')
        and mode in ('human', 'assisted')
        and account_id is not null
),

alerts as (
    select
        routed.action_id,
        routed.account_id,
        accounts.csm_id,
        routed.play_id,
        routed.activity,
        routed.mode,
        routed.is_immediate,
        routed.decided_for,
        routed.reason,
        routed.state as delivery_state,
        routed.routed_at,
        routed.sla_due_at,
        -- not before the day's work does, as the time that the message names was reckoned
        greatest(
            routed.routed_at,
            {{ work_begins('routed.decided_for', 'rollouts.sla_clock_hour_utc') }}
        ) as starts_at,
        plays.recipient_role,
        plays.trigger_kind,
        plays.trigger_key,
        plays.sla_hours,
        accounts.churned_on,
        observed.as_of,
        observed.observed_until
    from routed
    cross join observed
    cross join reach
    inner join plays
        on routed.play_id = plays.play_id
        and routed.policy_valid_from = plays.valid_from
    inner join rollouts on rollouts.valid_from = {{ policy_version(ref('rollout'), 'routed.decided_for') }}
    left join accounts on routed.account_id = accounts.account_id
    where plays.sla_hours is not null
        and routed.routed_at <= observed.observed_until
        and (routed.destination is distinct from 'local_sink' or not reach.has_channels)
),

-- the row of the play, else the one of all plays
clocks as (
    select
        alerts.action_id,
        max_by(sla_clocks.clock, sla_clocks.play_id <> '*') as clock
    from alerts
    inner join sla_clocks
        on sla_clocks.play_id in ('*', alerts.play_id)
        and sla_clocks.valid_from = {{ policy_version(ref('sla_clocks'), 'alerts.decided_for') }}
    group by alerts.action_id
),

-- What set it off as it is known today: its own episode, or, when late data moved that, the one that covers the day.
episodes as (
    select
        alerts.action_id,
        max_by(
            triggers.lasted_through,
            (
                {{ hash_key(['alerts.account_id', 'alerts.play_id', 'triggers.started_on', 'triggers.subject']) }}
                = alerts.action_id,
                triggers.lasted_through
            )
        ) as lasted_through
    from alerts
    inner join triggers
        on alerts.account_id = triggers.account_id
        and alerts.trigger_kind = triggers.trigger_kind
        and alerts.trigger_key is not distinct from triggers.trigger_key
        and alerts.decided_for between triggers.started_on and triggers.lasted_through
    group by alerts.action_id
),

ended as (
    select
        alerts.*,
        clocks.clock,
        least(alerts.churned_on, coalesce(episodes.lasted_through, alerts.decided_for) + 1) as ended_on
    from alerts
    left join clocks on alerts.action_id = clocks.action_id
    left join episodes on alerts.action_id = episodes.action_id
)

select
    * exclude (clock, ended_on, churned_on),
    coalesce(clock, 'calendar') as clock,
    case when ended_on <= as_of then ended_on end as closed_on
from ended
