with source as (
    select * from {{ source('raw_totango', 'accounts') }}
),

renamed as (
    select
        name as account_id,
        health,
        engagement_score,
        _loaded_at as recorded_at
    from source
)

select * from renamed
