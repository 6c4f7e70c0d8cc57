with source as (
    select * from {{ source('raw_pendo', 'event_types') }}
),

renamed as (
    select
        id as event_type_id,
        kind,
        name,
        page_id,
        coalesce(is_core_event, false) as is_core_event
    from source
)

select * from renamed
