{{ config(materialized='table') }}

with unused as (
    select * from {{ ref('int_unused_features') }}
),

abandoned as (
    select * from {{ ref('int_abandoned_features') }}
),

offers as (
    select * from {{ ref('int_feature_offers') }}
),

health as (
    select * from {{ ref('fct_account_health_daily') }}
),

rollout as (
    select * from {{ ref('int_rollout') }}
),

due as (
    select
        account_id,
        'never_used' as trigger_key,
        feature,
        due_on,
        window_days,
        active_within_days,
        first_used_on as used_again_on,
        cast(null as date) as last_used_on,
        cast(null as bigint) as used_days
    from unused

    union all

    select
        account_id,
        'abandoned' as trigger_key,
        feature,
        due_on,
        window_days,
        active_within_days,
        next_used_on as used_again_on,
        last_used_on,
        used_days
    from abandoned
),

-- advice on a feature is for those who are there to read it: days with the feature in the plan and the account about
held as (
    select
        due.account_id,
        due.trigger_key,
        due.feature,
        due.last_used_on,
        due.used_days,
        offers.title,
        offers.tutorial_url,
        health.date,
        health.usage_type
    from due
    inner join health
        on due.account_id = health.account_id
        and health.date between due.due_on and due.due_on + due.window_days - 1
        and health.date < coalesce(due.used_again_on, date '9999-12-31')
        and due.active_within_days >= health.days_since_activity
    inner join offers
        on due.feature = offers.feature
        and coalesce(offers.plan, health.plan, '') = coalesce(health.plan, '')
),

episodes as (
    select
        account_id,
        trigger_key,
        feature,
        last_used_on,
        used_days,
        min(title) as title,
        min(tutorial_url) as tutorial_url,
        min_by(usage_type, date) as usage_type,
        min(date) as started_on,
        max(date) as lasted_through
    from held
    group by account_id, trigger_key, feature, last_used_on, used_days
)

select
    episodes.account_id,
    'feature_unused' as trigger_kind,
    episodes.trigger_key,
    episodes.feature as subject,
    episodes.started_on,
    episodes.lasted_through,
    case
        when episodes.trigger_key = 'never_used' then concat(episodes.title, ' is in the plan and was never used')
        else concat(
                episodes.title, ' was used on ', cast(episodes.used_days as varchar), ' days up to ',
                cast(episodes.last_used_on as varchar), ' and not since'
            )
    end as trigger_words,
    {{ json_object({
        'feature_title': 'episodes.title',
        'tutorial_url': 'episodes.tutorial_url',
        'feature_last_used_on': 'episodes.last_used_on',
        'feature_used_days': 'episodes.used_days',
        'usage_type': 'episodes.usage_type',
    }) }} as trigger_facts
from episodes
cross join rollout
where episodes.lasted_through >= rollout.live_on
