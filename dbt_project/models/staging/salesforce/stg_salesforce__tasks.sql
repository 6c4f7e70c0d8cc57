with source as (
    select * from {{ source('raw_salesforce', 'tasks') }}
),

renamed as (
    select
        id as task_id,
        subject,
        coalesce(type, task_subtype) as type,
        status,
        is_closed,
        activity_date as due_on,
        completed_date_time as completed_at,
        created_date as created_at,
        coalesce(minutes, call_duration_in_seconds / 60.0) as minutes,
        owner_id,
        account_id,
        who_id as contact_id,
        what_id as related_id,
        action_id
    from source
    where
        not coalesce(is_deleted, false)
        and not coalesce(is_recurrence, false)
)

select * from renamed
