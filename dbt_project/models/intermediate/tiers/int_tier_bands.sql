with tiers as (
    select * from {{ ref('tiers') }}
)

select
    valid_from,
    tier,
    lower_bound,
    -- the best tier has no upper bound, not even 100
    coalesce(
        lead(lower_bound) over (partition by valid_from order by lower_bound),
        cast('infinity' as double)
    ) as upper_bound
from tiers
