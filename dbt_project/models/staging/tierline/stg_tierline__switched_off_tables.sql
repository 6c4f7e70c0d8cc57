with source as (
    select * from {{ source('raw_tierline', 'switched_off_tables') }}
),

renamed as (
    select
        source as system,
        table_name
    from source
)

select * from renamed
