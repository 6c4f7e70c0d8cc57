with source as (
    select * from {{ source('raw_churnzero', 'tasks') }}
),

renamed as (
    select
        id as task_id,
        account_id,
        user_account_id,
        subject,
        type_name,
        status_name,
        cast(due_date as date) as due_on,
        completed_date as completed_at,
        object_created_date as created_at,
        object_last_modified_date as modified_at
    from source
)

select * from renamed
