with health as (
    select * from {{ ref('fct_account_health_daily') }}
),

tiers as (
    select * from {{ ref('int_account_tiers_daily') }}
),

plan_headroom as (
    select * from {{ ref('int_plan_headroom') }}
),

expansion_prompts as (
    select * from {{ ref('expansion_prompts') }}
),

rollout as (
    select * from {{ ref('int_rollout') }}
),

healthy as (
    select
        health.account_id,
        health.date,
        health.plan,
        health.seats,
        health.active_users,
        health.features_used,
        health.features_available,
        expansion_prompts.*
    from health
    cross join rollout
    inner join tiers
        on health.account_id = tiers.account_id
        and health.date = tiers.scored_on
        and tiers.tier = 'healthy'
    inner join expansion_prompts
        on expansion_prompts.valid_from = {{ policy_version(ref('expansion_prompts'), 'health.date') }}
    where health.date >= rollout.live_on + cast(
            floor({{ hash_share("concat('expansion', health.account_id)") }} * expansion_prompts.spread_days) as integer
        )
)

-- the seats are nearly all taken, or so much of the plan is in use that the next one would add something
select
    healthy.account_id,
    healthy.date,
    healthy.plan,
    healthy.seats,
    healthy.active_users,
    healthy.features_used,
    healthy.features_available,
    plan_headroom.next_plan,
    plan_headroom.new_features,
    plan_headroom.new_feature_titles,
    coalesce(
        healthy.seats >= healthy.min_seats and healthy.active_users >= healthy.seat_use_ratio * healthy.seats,
        false
    ) as needs_seats,
    coalesce(
        plan_headroom.new_features >= healthy.min_new_features
        and healthy.features_used >= healthy.min_plan_adoption_ratio * healthy.features_available,
        false
    ) as has_outgrown_plan
from healthy
left join plan_headroom
    on healthy.plan = plan_headroom.plan
    and plan_headroom.valid_from = {{ policy_version(ref('plan_ladder'), 'healthy.date') }}
