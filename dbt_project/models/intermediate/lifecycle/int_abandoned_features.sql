{{ config(materialized='table') }}

with usage as (
    select * from {{ ref('int_usage_daily') }}
),

key_features as (
    select * from {{ ref('int_key_features') }}
),

adoption_alerts as (
    select * from {{ ref('adoption_alerts') }}
),

rollout as (
    select * from {{ ref('int_rollout') }}
),

reach as (
    select max(after_days + baseline_days + window_days) as days
    from adoption_alerts
    where reason = 'abandoned'
),

used_days as (
    select distinct
        usage.account_id,
        usage.feature,
        usage.used_on
    from usage
    inner join key_features on usage.feature = key_features.feature
    cross join rollout
    cross join reach
    where usage.used_on >= rollout.live_on - reach.days
        and usage.used_on <= rollout.as_of
),

followed as (
    select
        *,
        lead(used_on) over (partition by account_id, feature order by used_on) as next_used_on
    from used_days
),

left_alone as (
    select
        followed.account_id,
        followed.feature,
        followed.used_on as last_used_on,
        followed.next_used_on,
        followed.used_on + alerts.after_days as due_on,
        alerts.baseline_days,
        alerts.min_used_days,
        alerts.active_within_days,
        alerts.window_days,
        alerts.max_subjects
    from followed
    cross join rollout
    inner join adoption_alerts as alerts
        on alerts.reason = 'abandoned'
        and alerts.valid_from = {{ policy_version(ref('adoption_alerts'), 'followed.used_on') }}
    where coalesce(followed.next_used_on - 1, rollout.as_of) - followed.used_on >= alerts.after_days
),

-- only what was once used in earnest can be given up
used_before as (
    select
        left_alone.account_id,
        left_alone.feature,
        left_alone.last_used_on,
        count(*) as used_days
    from left_alone
    inner join used_days
        on left_alone.account_id = used_days.account_id
        and left_alone.feature = used_days.feature
        and used_days.used_on between left_alone.last_used_on - left_alone.baseline_days + 1 and left_alone.last_used_on
    group by left_alone.account_id, left_alone.feature, left_alone.last_used_on
)

select
    left_alone.* exclude (baseline_days, min_used_days, max_subjects),
    used_before.used_days
from left_alone
inner join used_before
    on left_alone.account_id = used_before.account_id
    and left_alone.feature = used_before.feature
    and left_alone.last_used_on = used_before.last_used_on
where used_before.used_days >= left_alone.min_used_days
qualify row_number() over (
        partition by left_alone.account_id, left_alone.due_on order by -used_before.used_days, left_alone.feature
    ) <= left_alone.max_subjects
