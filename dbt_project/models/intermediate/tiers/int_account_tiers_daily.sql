{{ config(materialized='table') }}

with states as (
    select * from {{ ref('int_threshold_states_daily') }}
)

select
    account_id,
    scored_on,
    max_by(threshold, tier_rank) filter (where threshold <> 'immediate' and is_above) as tier,
    max(tier_rank) filter (where is_above) as tier_rank,
    -- any tier's bound that was crossed last is where this stay began
    max(since) filter (where threshold <> 'immediate') as tier_since,
    bool_or(not is_above) filter (where threshold = 'immediate') as is_immediate,
    max(since) filter (where threshold = 'immediate' and not is_above) as immediate_since
from states
group by account_id, scored_on
