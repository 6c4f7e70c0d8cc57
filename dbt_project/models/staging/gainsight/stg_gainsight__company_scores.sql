with source as (
    select * from {{ source('raw_gainsight', 'companies') }}
),

renamed as (
    select
        gsid as company_id,
        overall_score,
        coalesce(modified_date, _dlt_valid_from) as recorded_at
    from source
)

select * from renamed
