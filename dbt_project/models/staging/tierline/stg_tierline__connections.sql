with source as (
    select * from {{ source('raw_tierline', 'connections') }}
),

renamed as (
    select
        run_id,
        system
    from source
)

select * from renamed
