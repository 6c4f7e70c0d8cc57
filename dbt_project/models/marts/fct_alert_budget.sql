with alerts as (
    select * from {{ ref('fct_alerts') }}
),

decisions as (
    select * from {{ ref('fct_action_decisions') }}
),

accounts as (
    select * from {{ ref('dim_accounts') }}
),

csms as (
    select * from {{ ref('int_csms') }}
),

budget as (
    select * from {{ ref('alert_budget') }}
),

rollout as (
    select * from {{ ref('int_rollout') }}
),

policy as (
    select
        budget.*,
        cast({{ dbt.date_trunc('week', 'rollout.live_on') }} as date) as first_week,
        cast({{ dbt.date_trunc('week', 'rollout.as_of') }} as date) + 7 as next_week,
        rollout.as_of,
        rollout.live_on
    from budget
    cross join rollout
    where budget.valid_from = {{ policy_version(ref('alert_budget'), 'rollout.as_of') }}
),

weeks as (
    select distinct cast({{ dbt.date_trunc('week', 'days.day') }} as date) as week_starts_on
    from (
        select cast({{ day_range('first_week', 'next_week') }} as date) as day
        from policy
    ) as days
),

-- a day is decided once it is over: what it decides goes out, and counts, the day after
sent as (
    select
        csm_id,
        cast({{ dbt.date_trunc('week', 'opened_on + 1') }} as date) as week_starts_on,
        count(*) as alerts,
        sum(minutes_per_alert) as minutes
    from alerts
    where csm_id is not null
    group by all
),

held_back as (
    select
        accounts.csm_id,
        cast({{ dbt.date_trunc('week', 'decisions.decided_for + 1') }} as date) as week_starts_on,
        count(*) as alerts
    from decisions
    inner join accounts on decisions.account_id = accounts.account_id
    where decisions.suppressed_by = 'csm_weekly_cap'
    group by all
),

weekly as (
    select
        csms.csm_id,
        csms.name as csm_name,
        weeks.week_starts_on,
        policy.next_week,
        policy.history_weeks,
        policy.as_of,
        policy.live_on,
        weeks.week_starts_on + 6 > policy.as_of as goes_on,
        coalesce(sent.alerts, 0) as alerts,
        coalesce(sent.minutes, 0) as minutes,
        coalesce(held_back.alerts, 0) as alerts_held_back,
        coalesce(csms.hours_per_week, policy.default_hours_per_week) * policy.share_for_alerts as hours_available
    from csms
    cross join weeks
    cross join policy
    left join sent on csms.csm_id = sent.csm_id and weeks.week_starts_on = sent.week_starts_on
    left join held_back on csms.csm_id = held_back.csm_id and weeks.week_starts_on = held_back.week_starts_on
),

-- what the weeks before let expect, as far as they are over and automation was live on every day that they rest on
expected as (
    select
        weekly.csm_id,
        weekly.week_starts_on,
        avg(before.alerts) as predicted_alerts,
        avg(before.minutes) as predicted_minutes
    from weekly
    inner join weekly as before
        on weekly.csm_id = before.csm_id
        and before.week_starts_on >= weekly.week_starts_on - 7 * weekly.history_weeks
        and weekly.week_starts_on > before.week_starts_on
        and not before.goes_on
        and before.week_starts_on > before.live_on
    group by weekly.csm_id, weekly.week_starts_on
),

-- of a week that is not over one already knows a part: no fewer are to be expected
foreseen as (
    select
        weekly.*,
        case
            when weekly.goes_on and expected.predicted_alerts < weekly.alerts then weekly.alerts
            else expected.predicted_alerts
        end as predicted_alerts,
        case
            when weekly.goes_on and expected.predicted_minutes < weekly.minutes then weekly.minutes
            else expected.predicted_minutes
        end as predicted_minutes,
        case
            when weekly.goes_on then greatest(coalesce(expected.predicted_minutes, 0), weekly.minutes)
            else expected.predicted_minutes
        end as minutes_to_expect
    from weekly
    left join expected
        on weekly.csm_id = expected.csm_id
        and weekly.week_starts_on = expected.week_starts_on
)

select
    csm_id,
    csm_name,
    week_starts_on,
    week_starts_on = next_week as is_forecast,
    alerts,
    cast(minutes as bigint) as minutes,
    alerts_held_back,
    cast(round(predicted_alerts, 1) as double) as predicted_alerts,
    cast(round(predicted_minutes, 1) as double) as predicted_minutes,
    cast(round(hours_available, 2) as double) as hours_available,
    cast(round(minutes_to_expect / nullif(hours_available * 60, 0), 3) as double) as predicted_load,
    coalesce(minutes_to_expect > hours_available * 60, false) as is_over_budget
from foreseen
order by week_starts_on, csm_id
