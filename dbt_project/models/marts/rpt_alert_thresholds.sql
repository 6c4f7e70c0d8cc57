with falls as (
    select * from {{ ref('int_threshold_falls') }}
),

plays as (
    select * from {{ ref('plays') }}
),

effort as (
    select * from {{ ref('alert_effort') }}
),

csms as (
    select * from {{ ref('int_csms') }}
),

alerts as (
    select * from {{ ref('fct_alerts') }}
),

budget as (
    select
        budget.*,
        rollout.as_of,
        rollout.live_on,
        -- since go-live; a first week not over counts as one, so that its days are not made out to be all alike
        greatest(least(rollout.as_of - rollout.live_on + 1, 7 * budget.history_weeks), 7) as days_counted
    from {{ ref('alert_budget') }} as budget
    cross join {{ ref('int_rollout') }} as rollout
    where budget.valid_from = {{ policy_version(ref('alert_budget'), 'rollout.as_of') }}
),

-- what one fall costs: every play to a CSM that answers it
play_efforts as (
    select
        case when plays.trigger_kind = 'score_below' then 'immediate' else plays.trigger_key end as bound,
        plays.play_id,
        max_by(effort.minutes_per_alert, effort.play_id <> '*') as minutes
    from plays
    cross join budget
    inner join effort
        on effort.play_id in ('*', plays.play_id)
        and effort.valid_from = {{ policy_version(ref('alert_effort'), 'budget.as_of') }}
    where plays.valid_from = {{ policy_version(ref('plays'), 'budget.as_of') }}
        and plays.trigger_kind in ('tier_entered', 'score_below')
        and plays.recipient_role in ('csm', 'csm_manager')
    group by all
),

costs as (
    select
        bound,
        count(*) as alerts_per_fall,
        sum(minutes) as minutes_per_fall
    from play_efforts
    group by bound
),

weekly as (
    select
        falls.bound,
        falls.threshold,
        falls.is_policy,
        falls.falls * 1.0 / budget.history_weeks as falls,
        falls.falls * coalesce(costs.alerts_per_fall, 0) * 1.0 / budget.history_weeks as alerts,
        falls.falls * coalesce(costs.minutes_per_fall, 0) * 1.0 / budget.history_weeks as minutes
    from falls
    cross join budget
    left join costs on falls.bound = costs.bound
),

-- What else asks for the same hours: alerts that no threshold of a score sets off. Go-live tells at once of all that
-- had come together by then; no week brings it again, so it counts by when it began.
other_alerts as (
    select coalesce(sum(alerts.minutes_per_alert), 0) * 7.0 / max(budget.days_counted) as minutes
    from budget
    left join alerts
        on alerts.play_id not in (select play_efforts.play_id from play_efforts)
        and budget.as_of - cast(budget.days_counted as integer)
        < case when budget.live_on = alerts.opened_on then alerts.began_on else alerts.opened_on end
),

available as (
    select sum(coalesce(csms.hours_per_week, budget.default_hours_per_week) * budget.share_for_alerts * 60) as minutes
    from csms
    cross join budget
),

other_bounds as (
    select
        weekly.bound,
        sum(others.minutes) as minutes
    from (select distinct bound from weekly) as weekly
    inner join weekly as others on weekly.bound <> others.bound
    where others.is_policy
    group by weekly.bound
),

totals as (
    select
        weekly.*,
        available.minutes as minutes_available,
        weekly.minutes + other_bounds.minutes + other_alerts.minutes as minutes_in_all
    from weekly
    cross join available
    cross join other_alerts
    inner join other_bounds on weekly.bound = other_bounds.bound
)

select
    bound,
    cast(threshold as decimal(6, 2)) as threshold,
    is_policy,
    cast(round(falls, 2) as double) as falls_per_week,
    cast(round(alerts, 2) as double) as alerts_per_week,
    cast(round(minutes, 1) as double) as minutes_per_week,
    cast(round(minutes_in_all, 1) as double) as minutes_in_all_per_week,
    cast(round(minutes_available, 1) as double) as minutes_available_per_week,
    coalesce(minutes_in_all <= minutes_available, false) as is_within_budget,
    coalesce(
        threshold = max(case when minutes_in_all <= minutes_available then threshold end) over (partition by bound),
        false
    ) as is_highest_within_budget
from totals
order by bound, threshold
