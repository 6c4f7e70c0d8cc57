with source as (
    select * from {{ source('raw_tierline', 'runs') }}
),

renamed as (
    select
        run_id,
        as_of,
        started_at,
        through_load,
        completed_at
    from source
)

select * from renamed
