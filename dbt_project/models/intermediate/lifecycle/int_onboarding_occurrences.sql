{{ config(materialized='table') }}

with days as (
    select * from {{ ref('int_onboarding_days') }}
),

tutorials as (
    select * from {{ ref('int_onboarding_tutorials') }}
),

onboarding_steps as (
    select * from {{ ref('onboarding_steps') }}
),

reached as (
    select
        days.account_id,
        days.day,
        days.is_restarted,
        steps.valid_from,
        steps.step,
        tutorials.feature,
        tutorials.title,
        tutorials.tutorial_url,
        coalesce(tutorials.day, steps.day) as step_day
    from days
    inner join onboarding_steps as steps
        on steps.valid_from = {{ policy_version(ref('onboarding_steps'), 'days.begins_on') }}
    left join tutorials
        on days.account_id = tutorials.account_id
        and steps.step = tutorials.step
    where not (days.is_paused and steps.counts = 'clock')
        and case when steps.counts = 'clock' then days.clock_day else days.calendar_day end
        between coalesce(tutorials.day, steps.day) and coalesce(tutorials.day, steps.day) + steps.window_days - 1
        and case steps.condition
            when 'always' then true
            when 'started' then days.has_started
            when 'not_started' then not days.has_started
            when 'feature_unused'
                then days.has_started
                    and tutorials.feature is not null
                    and coalesce(tutorials.first_used_on > days.day, true)
        end
),

occurrences as (
    select
        account_id,
        step,
        feature,
        valid_from,
        title,
        tutorial_url,
        is_restarted,
        step_day,
        min(day) as started_on,
        max(day) as lasted_through
    from reached
    group by all
),

-- a clock that starts anew repeats nothing
first_occurrences as (
    select *
    from occurrences
    qualify row_number() over (partition by account_id, step, feature order by started_on) = 1
),

-- one step at a time: the next one ends what still waits, and of those that begin on one day the last in order is sent
followed as (
    select
        *,
        lead(started_on) over (partition by account_id order by started_on, step_day, step, feature) as next_started_on
    from first_occurrences
)

select
    account_id,
    step,
    feature,
    valid_from,
    title,
    tutorial_url,
    is_restarted,
    started_on,
    least(lasted_through, coalesce(next_started_on - 1, lasted_through)) as lasted_through
from followed
where coalesce(next_started_on > started_on, true)
