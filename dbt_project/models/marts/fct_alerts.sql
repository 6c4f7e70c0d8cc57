with decisions as (
    select * from {{ ref('fct_action_decisions') }}
),

plays as (
    select * from {{ ref('plays') }}
),

candidates as (
    select * from {{ ref('int_play_candidates') }}
),

accounts as (
    select * from {{ ref('dim_accounts') }}
),

csms as (
    select * from {{ ref('int_csms') }}
),

tiers as (
    select * from {{ ref('int_account_tiers_daily') }}
),

effort as (
    select * from {{ ref('alert_effort') }}
),

run as (
    select * from {{ ref('int_run') }}
),

alerts as (
    select
        decisions.*,
        plays.recipient_role,
        plays.trigger_kind
    from decisions
    inner join plays
        on decisions.play_id = plays.play_id
        and decisions.policy_valid_from = plays.valid_from
    where decisions.suppressed_by is null
        and decisions.account_id is not null
        and plays.recipient_role in ('csm', 'csm_manager')
),

-- the episode as it is known today: late data may have moved its start
episodes as (
    select
        alerts.action_id,
        max(candidates.lasted_through) as lasted_through
    from alerts
    inner join candidates
        on alerts.account_id = candidates.account_id
        and alerts.play_id = candidates.play_id
        and coalesce(alerts.subject, '') = coalesce(candidates.subject, '')
        and alerts.decided_for between candidates.episode_started_on and candidates.lasted_through
    group by alerts.action_id
),

-- the row of the play, else the one of all plays
efforts as (
    select
        alerts.action_id,
        max_by(effort.minutes_per_alert, effort.play_id <> '*') as minutes_per_alert,
        max_by(effort.open_days, effort.play_id <> '*') as open_days
    from alerts
    inner join effort
        on effort.play_id in ('*', alerts.play_id)
        and effort.valid_from = {{ policy_version(ref('alert_effort'), 'alerts.decided_for') }}
    group by alerts.action_id
),

ended as (
    select
        alerts.*,
        case when alerts.recipient_role = 'csm_manager' then csms.manager_id else accounts.csm_id end as csm_id,
        accounts.churned_on,
        efforts.minutes_per_alert,
        run.as_of,
        episodes.lasted_through,
        alerts.decided_for + efforts.open_days as expires_on,
        coalesce(episodes.lasted_through + 1, alerts.decided_for + 1) as over_on
    from alerts
    cross join run
    inner join efforts on alerts.action_id = efforts.action_id
    left join accounts on alerts.account_id = accounts.account_id
    left join csms on accounts.csm_id = csms.csm_id
    left join episodes on alerts.action_id = episodes.action_id
),

closed as (
    select
        ended.*,
        least(ended.churned_on, ended.over_on, ended.expires_on) as closed_on,
        case
            when ended.churned_on <= least(ended.over_on, ended.expires_on) then 'churned'
            when ended.expires_on < ended.over_on then 'expired'
            when ended.lasted_through is null then 'withdrawn'
            when ended.trigger_kind not in ('tier_entered', 'score_below') then 'over'
            when tiers_after.tier_rank < tiers_then.tier_rank then 'worsened'
            else 'recovered'
        end as closed_reason
    from ended
    left join tiers as tiers_then
        on ended.account_id = tiers_then.account_id
        and ended.lasted_through = tiers_then.scored_on
        and ended.trigger_kind = 'tier_entered'
    left join tiers as tiers_after
        on ended.account_id = tiers_after.account_id
        and ended.over_on = tiers_after.scored_on
        and ended.trigger_kind = 'tier_entered'
)

select
    action_id,
    account_id,
    csm_id,
    play_id,
    subject,
    recipient_role,
    mode,
    is_immediate,
    reason,
    decided_for as opened_on,
    episode_started_on as began_on,
    sla_due_at as due_at,
    case when closed_on <= as_of then closed_on end as closed_on,
    case when closed_on <= as_of then closed_reason end as closed_reason,
    closed_on > as_of as is_open,
    cast(least(closed_on, as_of + 1) - decided_for as integer) as days_open,
    minutes_per_alert
from closed
order by opened_on, action_id
