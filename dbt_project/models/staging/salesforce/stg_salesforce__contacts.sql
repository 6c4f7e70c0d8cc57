with source as (
    select * from {{ source('raw_salesforce', 'contacts') }}
),

renamed as (
    select
        id as contact_id,
        account_id,
        product_user_id,
        lower(trim(email)) as email,
        name,
        role,
        title,
        coalesce(is_champion, false) as is_champion,
        has_opted_out_of_email as is_unsubscribed,
        -- Salesforce clears the moment when the address is changed
        email_bounced_date is not null as is_bounced,
        created_date as created_at,
        coalesce(deactivated_at, case when is_deleted then last_modified_date end) as deactivated_at,
        coalesce(is_deleted, false) as is_deleted,
        nullif(master_record_id, '') as merged_into
    from source
    where _dlt_valid_to is null
)

select * from renamed
