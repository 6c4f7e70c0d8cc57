{{ config(materialized='table') }}

with csms as (
    select * from {{ ref('int_csms') }}
),

csm_activities as (
    select * from {{ ref('int_csm_activities') }}
),

accounts as (
    select * from {{ ref('int_accounts') }}
),

deliveries as (
    select * from {{ ref('fct_deliveries') }}
),

qbr_cadence as (
    select * from {{ ref('qbr_cadence') }}
),

qbr_scheduling as (
    select * from {{ ref('qbr_scheduling') }}
),

run as (
    select * from {{ ref('int_run') }}
),

policy as (
    select
        run.as_of,
        scheduling.* exclude (valid_from),
        cast({{ dbt.date_trunc('week', 'run.as_of') }} as date) as this_week_on
    from run
    inner join qbr_scheduling as scheduling
        on scheduling.valid_from = {{ policy_version(ref('qbr_scheduling'), 'run.as_of') }}
),

-- room is kept for the longest kind of review
review as (
    select max(cadence.meeting_minutes + cadence.preparation_minutes) as review_minutes
    from qbr_cadence as cadence
    cross join run
    where cadence.valid_from = {{ policy_version(ref('qbr_cadence'), 'run.as_of') }}
),

weeks as (
    select
        csms.csm_id,
        cast({{ day_range(
            'policy.this_week_on + 7 * policy.earliest_in_weeks', 'policy.this_week_on + 7 * policy.weeks_ahead'
        ) }} as date) as week_on,
        coalesce(csms.hours_per_week, policy.default_hours_per_week) * 60 as week_minutes,
        policy.*
    from csms
    cross join policy
),

-- what a CSM did of their own accord; what Tierline asked for is counted by the alerts
usual as (
    select
        csm_activities.csm_id,
        sum(csm_activities.minutes) / max(policy.load_weeks) as usual_minutes
    from csm_activities
    cross join policy
    where cast(csm_activities.started_at as date) > policy.as_of - 7 * policy.load_weeks
        and cast(csm_activities.started_at as date) <= policy.as_of
        and csm_activities.action_id is null
        and csm_activities.kind <> 'qbr'
    group by csm_activities.csm_id
),

alerted as (
    select
        accounts.csm_id,
        count(*) * max(policy.alert_minutes) / max(policy.load_weeks) as alert_minutes_per_week
    from deliveries
    inner join accounts on deliveries.account_id = accounts.account_id
    cross join policy
    where deliveries.state = 'delivered'
        and deliveries.mode in ('human', 'assisted')
        and deliveries.decided_for > policy.as_of - 7 * policy.load_weeks
        and deliveries.decided_for <= policy.as_of
    group by accounts.csm_id
),

-- what stands in the calendar already
planned as (
    select
        csm_activities.csm_id,
        cast({{ dbt.date_trunc('week', 'csm_activities.started_at') }} as date) as week_on,
        sum(csm_activities.minutes) as planned_minutes,
        count(case when csm_activities.kind = 'qbr' then 1 end) as planned_reviews
    from csm_activities
    cross join policy
    where cast(csm_activities.started_at as date) > policy.as_of
    group by csm_activities.csm_id, cast({{ dbt.date_trunc('week', 'csm_activities.started_at') }} as date)
),

loads as (
    select
        weeks.csm_id,
        weeks.week_on,
        weeks.week_minutes,
        weeks.max_share_of_hours,
        weeks.max_per_week,
        greatest(coalesce(usual.usual_minutes, 0), coalesce(planned.planned_minutes, 0))
        + coalesce(alerted.alert_minutes_per_week, 0) as booked_minutes,
        coalesce(planned.planned_reviews, 0) as planned_reviews
    from weeks
    left join usual on weeks.csm_id = usual.csm_id
    left join alerted on weeks.csm_id = alerted.csm_id
    left join planned
        on weeks.csm_id = planned.csm_id
        and weeks.week_on = planned.week_on
    where {{ weekday_of('weeks.week_on') }} = 1
)

select
    loads.csm_id,
    loads.week_on,
    loads.week_minutes,
    loads.booked_minutes,
    cast(greatest(
        0,
        least(
            loads.max_per_week - loads.planned_reviews,
            floor((loads.week_minutes * loads.max_share_of_hours - loads.booked_minutes) / review.review_minutes)
        )
    ) as integer) as free_reviews
from loads
cross join review
