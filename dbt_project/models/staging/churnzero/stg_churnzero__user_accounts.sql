with source as (
    select * from {{ source('raw_churnzero', 'user_accounts') }}
),

renamed as (
    select
        id as user_account_id,
        nullif(lower(trim(email)), '') as email,
        coalesce(full_name, nullif(trim(concat(coalesce(first_name, ''), ' ', coalesce(last_name, ''))), '')) as name,
        coalesce(is_active, true) as is_active
    from source
)

select * from renamed
