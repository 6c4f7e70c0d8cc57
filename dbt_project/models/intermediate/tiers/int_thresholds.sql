with tiers as (
    select * from {{ ref('tiers') }}
),

routing as (
    select * from {{ ref('routing') }}
)

select
    valid_from as tiers_from,
    cast(null as date) as routing_from,
    tier as threshold,
    tier_rank,
    lower_bound as bound,
    lower_bound + rise_margin as rises_at,
    lower_bound - fall_margin as falls_below
from tiers

union all

select
    cast(null as date) as tiers_from,
    valid_from as routing_from,
    'immediate' as threshold,
    cast(null as integer) as tier_rank,
    immediate_below as bound,
    immediate_below + recovery_margin as rises_at,
    immediate_below as falls_below
from routing
