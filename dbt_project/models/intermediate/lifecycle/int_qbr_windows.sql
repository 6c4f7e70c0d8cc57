with dues as (
    select * from {{ ref('int_qbr_dues') }}
),

rollout as (
    select * from {{ ref('int_rollout') }}
)

select
    dues.*,
    dues.due_on - dues.lead_days as opens_on,
    greatest(dues.due_on - dues.lead_days, rollout.live_on) as acted_on
from dues
cross join rollout
where dues.lasted_through >= greatest(dues.due_on - dues.lead_days, rollout.live_on)
