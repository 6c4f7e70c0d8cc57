with source as (
    select * from {{ source('raw_tierline', 'builds') }}
),

renamed as (
    select
        invocation_id,
        as_of,
        through_load,
        completed_at
    from source
)

select * from renamed
