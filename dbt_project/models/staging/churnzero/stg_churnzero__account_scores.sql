with source as (
    select * from {{ source('raw_churnzero', 'accounts') }}
),

renamed as (
    select
        id as account_id,
        primary_churn_score_value,
        _loaded_at as recorded_at
    from source
)

select * from renamed
