with source as (
    select * from {{ source('raw_drop_folder', 'tickets') }}
),

renamed as (
    select
        ticket_id,
        account_id,
        requester_email,
        created_at,
        first_response_at,
        first_human_response_at,
        solved_at,
        reopened_at,
        status,
        priority,
        channel,
        coalesce(handled_by, 'agent') as handled_by,
        coalesce(is_escalated, false) as is_escalated,
        csat,
        topic,
        subject
    from source
    where not _is_duplicate
)

select * from renamed
