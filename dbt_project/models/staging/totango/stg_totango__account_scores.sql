with source as (
    select * from {{ source('raw_totango', 'accounts') }}
),

renamed as (
    select
        name as account_id,
        health,
        engagement_score,
        cast(_dlt_valid_from as timestamp) as recorded_at
    from source
)

select * from renamed
