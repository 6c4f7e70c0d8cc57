with source as (
    select * from {{ source('raw_gainsight', 'companies') }}
),

renamed as (
    select
        gsid as company_id,
        overall_score,
        _loaded_at as recorded_at
    from source
)

select * from renamed
