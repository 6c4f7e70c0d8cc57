with scores as (
    select * from {{ ref('stg_gainsight__company_scores') }}
)

select
    company_id as account_record_id,
    'health_score' as measure,
    overall_score as score,
    cast(null as varchar) as label,
    recorded_at
from scores
where overall_score is not null
