with source as (
    select * from {{ source('raw_churnzero', 'contacts') }}
),

renamed as (
    select
        id as contact_id,
        account_id,
        external_id,
        nullif(lower(trim(email)), '') as email,
        coalesce(full_name, nullif(trim(concat(coalesce(first_name, ''), ' ', coalesce(last_name, ''))), '')) as name,
        title,
        object_created_date as created_at
    from source
)

select * from renamed
