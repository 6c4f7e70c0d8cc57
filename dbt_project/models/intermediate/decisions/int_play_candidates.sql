{{ config(materialized='table') }}

with triggers as (
    select * from {{ ref('int_play_triggers') }}
),

rollout as (
    select * from {{ ref('int_rollout') }}
),

accounts as (
    select * from {{ ref('int_accounts') }}
),

health as (
    select * from {{ ref('fct_account_health_daily') }}
),

plays as (
    select * from {{ ref('plays') }}
),

immediate_triggers as (
    select * from {{ ref('immediate_triggers') }}
),

account_crms as (
    select * from {{ ref('int_account_crms') }}
),

effort as (
    select * from {{ ref('alert_effort') }}
),

-- a stay that began before go-live is acted on at go-live
episodes as (
    select
        triggers.*,
        greatest(triggers.started_on, rollout.live_on) as first_actionable_on
    from triggers
    cross join rollout
    inner join accounts on triggers.account_id = accounts.account_id
    where greatest(triggers.started_on, rollout.live_on) < coalesce(accounts.churned_on, date '9999-12-31')
        and triggers.lasted_through >= rollout.live_on
)

select
    {{ hash_key(['episodes.account_id', 'plays.play_id', 'episodes.started_on', 'episodes.subject']) }} as action_id,
    episodes.account_id,
    episodes.subject,
    episodes.trigger_key,
    episodes.started_on as episode_started_on,
    episodes.lasted_through,
    episodes.first_actionable_on,
    episodes.trigger_words,
    episodes.trigger_facts,
    plays.play_id,
    plays.trigger_kind,
    plays.activity,
    plays.mode,
    case when plays.channel = 'crm' then coalesce(account_crms.channel, 'email') else plays.channel end as channel,
    plays.recipient_role,
    plays.template_id,
    plays.owner,
    plays.sla_hours,
    plays.cool_down_days,
    plays.priority,
    plays.message_kind,
    plays.topic,
    plays.segments,
    plays.approval_hours,
    plays.rests_on_usage,
    plays.reason,
    exists(
        select 1 from immediate_triggers
        where immediate_triggers.trigger_kind = plays.trigger_kind
            and coalesce(immediate_triggers.trigger_key = plays.trigger_key, immediate_triggers.trigger_key is null)
            and immediate_triggers.valid_from
            = {{ policy_version(ref('immediate_triggers'), 'episodes.first_actionable_on') }}
    ) as is_urgent,
    -- of alerts that put a person on the account; the row of the play, else the one of all plays
    {% for days in ['open_days', 'unanswered_days'] %}
        case
            when coalesce(own_effort.puts_person_on_account, any_effort.puts_person_on_account)
                then coalesce(own_effort.{{ days }}, any_effort.{{ days }})
        end as {{ days }},
    {% endfor %}
    plays.valid_from as policy_valid_from
from episodes
left join health
    on episodes.account_id = health.account_id
    and episodes.first_actionable_on = health.date
inner join plays
    on episodes.trigger_kind = plays.trigger_kind
    and episodes.trigger_key is not distinct from plays.trigger_key
    and plays.valid_from = {{ policy_version(ref('plays'), 'episodes.first_actionable_on') }}
    and {{ word_in('health.segment', 'plays.segments') }}
left join account_crms on episodes.account_id = account_crms.account_id
left join effort as own_effort
    on plays.mode = 'human'
    and plays.play_id = own_effort.play_id
    and own_effort.valid_from = {{ policy_version(ref('alert_effort'), 'episodes.first_actionable_on') }}
left join effort as any_effort
    on plays.mode = 'human'
    and any_effort.play_id = '*'
    and any_effort.valid_from = {{ policy_version(ref('alert_effort'), 'episodes.first_actionable_on') }}
