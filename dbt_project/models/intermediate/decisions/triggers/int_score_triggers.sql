with tiers as (
    select * from {{ ref('int_account_tiers_daily') }}
),

rollout as (
    select * from {{ ref('int_rollout') }}
)

select
    tiers.account_id,
    'score_below' as trigger_kind,
    cast(null as varchar) as trigger_key,
    cast(null as varchar) as subject,
    tiers.immediate_since as started_on,
    max(tiers.scored_on) as lasted_through,
    cast(null as varchar) as trigger_words,
    cast(null as json) as trigger_facts
from tiers
cross join rollout
where tiers.is_immediate
    and tiers.scored_on >= rollout.live_on
group by tiers.account_id, tiers.immediate_since
