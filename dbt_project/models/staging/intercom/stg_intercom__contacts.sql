with source as (
    select * from {{ source('raw_intercom', 'contacts') }}
),

renamed as (
    select
        id as contact_id,
        external_id,
        role,
        email,
        name,
        case when companies_count = 1 then company_id end as company_id,
        coalesce(signed_up_at, created_at) as created_at,
        updated_at,
        last_seen_at,
        last_replied_at,
        unsubscribed_from_emails as is_unsubscribed
    from source
)

select * from renamed
