with source as (
    select * from {{ source('raw_salesforce', 'cases') }}
),

renamed as (
    select
        id as case_id,
        case_number,
        account_id,
        contact_id,
        lower(trim(coalesce(contact_email, supplied_email))) as email,
        subject,
        status,
        priority,
        origin,
        coalesce(type, reason) as topic,
        is_closed,
        coalesce(is_escalated, false) as is_escalated,
        created_date as created_at,
        closed_date as closed_at,
        first_response_at,
        first_human_response_at,
        reopened_at,
        handled_by,
        csat,
        owner_id
    from source
    where not coalesce(is_deleted, false)
)

select * from renamed
