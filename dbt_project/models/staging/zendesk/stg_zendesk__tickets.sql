with source as (
    select * from {{ source('raw_zendesk', 'tickets') }}
),

renamed as (
    select
        id as ticket_id,
        organization_id,
        requester_id,
        assignee_id,
        status,
        priority,
        via_channel as channel,
        satisfaction_score as rating,
        cast(tags as varchar) as tags,
        subject,
        created_at,
        updated_at
    from source
    where
        _dlt_valid_to is null
        and status <> 'deleted'
)

select * from renamed
