with source as (
    select * from {{ source('raw_hubspot', 'tickets') }}
),

renamed as (
    select
        id as ticket_id,
        company_id,
        contact_id,
        subject,
        hs_pipeline as pipeline,
        hs_pipeline_stage as stage,
        hs_ticket_priority as priority,
        hs_ticket_category as topic,
        source_type as channel,
        created_at,
        closed_date as closed_at,
        first_agent_reply_date as first_response_at,
        first_human_response_at,
        reopened_at,
        handled_by,
        coalesce(is_escalated, false) as is_escalated,
        csat,
        hubspot_owner_id as owner_id
    from source
    where not coalesce(archived, false)
)

select * from renamed
