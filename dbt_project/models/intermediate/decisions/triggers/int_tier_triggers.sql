with tiers as (
    select * from {{ ref('int_account_tiers_daily') }}
),

rollout as (
    select * from {{ ref('int_rollout') }}
)

select
    tiers.account_id,
    'tier_entered' as trigger_kind,
    tiers.tier as trigger_key,
    cast(null as varchar) as subject,
    tiers.tier_since as started_on,
    max(tiers.scored_on) as lasted_through,
    cast(null as varchar) as trigger_words,
    cast(null as json) as trigger_facts
from tiers
cross join rollout
where tiers.tier is not null
    and tiers.scored_on >= rollout.live_on
group by tiers.account_id, tiers.tier, tiers.tier_since
