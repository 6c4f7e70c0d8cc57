with source as (
    select * from {{ source('raw_salesforce', 'opportunity_history') }}
),

renamed as (
    select
        id as change_id,
        opportunity_id,
        stage_name,
        amount,
        close_date as closes_on,
        probability,
        created_by_id as changed_by_id,
        created_date as changed_at
    from source
    where not coalesce(is_deleted, false)
)

select * from renamed
