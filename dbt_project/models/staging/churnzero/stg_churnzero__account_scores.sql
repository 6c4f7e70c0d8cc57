with source as (
    select * from {{ source('raw_churnzero', 'accounts') }}
),

renamed as (
    select
        id as account_id,
        primary_churn_score_value,
        cast(_dlt_valid_from as timestamp) as recorded_at
    from source
)

select * from renamed
