with accounts as (
    select * from {{ ref('stg_churnzero__account_scores') }}
),

calculations as (
    select * from {{ ref('stg_churnzero__churn_score_calculations') }}
),

churn_scores as (
    select * from {{ ref('stg_churnzero__churn_scores') }}
)

select
    account_id as account_record_id,
    'primary_churn_score' as measure,
    primary_churn_score_value as score,
    cast(null as varchar) as label,
    recorded_at
from accounts
where primary_churn_score_value is not null
union all
select
    calculations.account_id as account_record_id,
    case
        when calculations.is_primary then 'primary_churn_score'
        else coalesce(churn_scores.name, calculations.churn_score_id)
    end as measure,
    calculations.score,
    cast(null as varchar) as label,
    calculations.calculated_at as recorded_at
from calculations
left join churn_scores using (churn_score_id)
where calculations.score is not null
