with source as (
    select * from {{ source('raw_hubspot', 'owners') }}
),

renamed as (
    select
        id as owner_id,
        lower(trim(email)) as email,
        nullif(trim(concat_ws(' ', first_name, last_name)), '') as name,
        user_id,
        archived as is_archived
    from source
)

select * from renamed
