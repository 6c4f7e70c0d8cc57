with source as (
    select * from {{ source('raw_zendesk', 'ticket_metric_events') }}
),

renamed as (
    select
        id as event_id,
        ticket_id,
        metric,
        instance_id,
        type as event_type,
        time as occurred_at
    from source
    where not coalesce(deleted, false)
)

select * from renamed
