with days as (
    select * from {{ ref('int_onboarding_days') }}
),

features as (
    select * from {{ ref('int_onboarding_features') }}
),

onboarding_steps as (
    select * from {{ ref('onboarding_steps') }}
),

-- the day on which an account is looked at: what is unused then gets a tutorial
looked_at as (
    select
        days.account_id,
        steps.valid_from,
        steps.step,
        steps.day,
        steps.spacing_days,
        steps.max_subjects,
        min(days.day) as looked_at_on
    from days
    inner join onboarding_steps as steps
        on steps.valid_from = {{ policy_version(ref('onboarding_steps'), 'days.begins_on') }}
        and steps.condition = 'feature_unused'
        and case when steps.counts = 'clock' then days.clock_day else days.calendar_day end >= steps.day
    where days.has_started
    group by all
),

unused as (
    select
        looked_at.*,
        features.feature,
        features.title,
        features.tutorial_url,
        features.first_used_on,
        row_number() over (
            partition by looked_at.account_id, looked_at.step order by -features.takers, features.feature
        ) as place
    from looked_at
    inner join features
        on looked_at.account_id = features.account_id
        and coalesce(looked_at.looked_at_on < features.first_used_on, true)
)

-- one after the other: nobody reads five tutorials at once
select
    account_id,
    step,
    valid_from,
    feature,
    title,
    tutorial_url,
    first_used_on,
    day + (place - 1) * coalesce(spacing_days, 0) as day
from unused
where place <= coalesce(max_subjects, place)
