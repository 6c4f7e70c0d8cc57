with triggers as (
    select * from {{ ref('int_play_triggers') }}
),

rollout as (
    select * from {{ ref('int_rollout') }}
),

accounts as (
    select * from {{ ref('int_accounts') }}
),

plays as (
    select * from {{ ref('plays') }}
),

-- a stay that began before go-live is acted on at go-live
episodes as (
    select
        triggers.account_id,
        triggers.trigger_kind,
        triggers.tier,
        triggers.started_on,
        triggers.lasted_through,
        greatest(triggers.started_on, rollout.live_on) as first_actionable_on
    from triggers
    cross join rollout
    inner join accounts on triggers.account_id = accounts.account_id
    where greatest(triggers.started_on, rollout.live_on) < coalesce(accounts.churned_on, date '9999-12-31')
)

select
    {{ hash_key(['episodes.account_id', 'plays.play_id', 'episodes.started_on']) }} as action_id,
    episodes.account_id,
    episodes.started_on as episode_started_on,
    episodes.lasted_through,
    episodes.first_actionable_on,
    plays.play_id,
    plays.trigger_kind,
    plays.activity,
    plays.mode,
    plays.channel,
    plays.recipient_role,
    plays.template_id,
    plays.sla_hours,
    plays.cool_down_days,
    plays.priority,
    plays.reason,
    plays.valid_from as policy_valid_from
from episodes
inner join plays
    on episodes.trigger_kind = plays.trigger_kind
    and episodes.tier is not distinct from plays.tier
    and plays.valid_from = {{ policy_version(ref('plays'), 'episodes.first_actionable_on') }}
