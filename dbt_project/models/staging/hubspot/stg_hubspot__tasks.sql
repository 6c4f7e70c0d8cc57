with source as (
    select * from {{ source('raw_hubspot', 'tasks') }}
),

renamed as (
    select
        id as task_id,
        hs_task_subject as subject,
        hs_task_type as type,
        hs_task_status as status,
        coalesce(hs_task_completion_date, hs_timestamp) as completed_at,
        minutes,
        hubspot_owner_id as owner_id,
        company_id,
        contact_id,
        action_id
    from source
    where not coalesce(archived, false)
)

select * from renamed
