with source as (
    select * from {{ source('raw_churnzero', 'churn_score_calculations') }}
),

renamed as (
    select
        id as calculation_id,
        account_id,
        churn_score_id,
        score,
        calculation_day as calculated_at,
        coalesce(is_primary, false) as is_primary
    from source
)

select * from renamed
