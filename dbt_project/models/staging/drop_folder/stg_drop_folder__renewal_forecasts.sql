with source as (
    select * from {{ source('raw_drop_folder', 'renewal_forecasts') }}
),

renamed as (
    select
        account_id,
        forecast_at,
        forecast
    from source
    where not _is_duplicate
)

select * from renamed
