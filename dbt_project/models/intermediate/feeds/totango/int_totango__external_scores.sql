with scores as (
    select * from {{ ref('stg_totango__account_scores') }}
)

select
    account_id as account_record_id,
    'health' as measure,
    cast(null as double) as score,
    health as label,
    recorded_at
from scores
where health is not null
union all
select
    account_id as account_record_id,
    'engagement_score' as measure,
    engagement_score as score,
    cast(null as varchar) as label,
    recorded_at
from scores
where engagement_score is not null
