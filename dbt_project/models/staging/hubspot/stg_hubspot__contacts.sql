with source as (
    select * from {{ source('raw_hubspot', 'contacts') }}
),

renamed as (
    select
        id as contact_id,
        company_id,
        company_ids,
        product_user_id,
        lower(trim(email)) as email,
        nullif(trim(concat_ws(' ', firstname, lastname)), '') as name,
        role,
        jobtitle as title,
        coalesce(is_champion, false) as is_champion,
        hs_email_optout as is_unsubscribed,
        -- HubSpot keeps the reason as long as it does not write to the address
        nullif(trim(hs_email_hard_bounce_reason_enum), '') is not null as is_bounced,
        created_at,
        coalesce(deactivated_at, case when archived then coalesce(archived_at, updated_at) end) as deactivated_at,
        coalesce(archived, false) as is_deleted
    from source
    where _dlt_valid_to is null
)

select * from renamed
