with tiers as (
    select * from {{ ref('int_account_tiers_daily') }}
),

rollout as (
    select * from {{ ref('int_rollout') }}
),

stays as (
    select
        tiers.account_id,
        'tier_entered' as trigger_kind,
        tiers.tier,
        tiers.tier_since as started_on,
        max(tiers.scored_on) as lasted_through
    from tiers
    cross join rollout
    where tiers.tier is not null
        and tiers.scored_on >= rollout.live_on
    group by tiers.account_id, tiers.tier, tiers.tier_since

    union all

    select
        tiers.account_id,
        'score_below' as trigger_kind,
        cast(null as varchar) as tier,
        tiers.immediate_since as started_on,
        max(tiers.scored_on) as lasted_through
    from tiers
    cross join rollout
    where tiers.is_immediate
        and tiers.scored_on >= rollout.live_on
    group by tiers.account_id, tiers.immediate_since
)

select
    account_id,
    trigger_kind,
    tier,
    started_on,
    lasted_through
from stays
