with opportunities as (
    select * from {{ ref('stg_drop_folder__opportunities') }}
)

select
    opportunity_id as record_id,
    account_id as account_record_id,
    kind,
    stage,
    amount,
    closes_on,
    created_at,
    is_closed,
    is_won
from opportunities
