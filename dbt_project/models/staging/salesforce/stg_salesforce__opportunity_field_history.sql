with source as (
    select * from {{ source('raw_salesforce', 'opportunity_field_history') }}
),

renamed as (
    select
        id as change_id,
        opportunity_id,
        field,
        old_value,
        new_value,
        created_by_id as changed_by_id,
        created_date as changed_at
    from source
    where not coalesce(is_deleted, false)
)

select * from renamed
