with source as (
    select * from {{ source('raw_hubspot', 'deal_property_history') }}
),

renamed as (
    select
        deal_id,
        property,
        -- what was cleared has a version of empty text
        nullif(trim(value), '') as value,
        source_type,
        changed_by_user_id,
        changed_at
    from source
)

select * from renamed
