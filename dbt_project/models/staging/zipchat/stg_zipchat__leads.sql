with source as (
    select * from {{ source('raw_zipchat', 'leads') }}
),

renamed as (
    select
        id as lead_id,
        coalesce(full_name, nullif(trim(concat_ws(' ', first_name, last_name)), '')) as name,
        email,
        account_id
    from source
)

select * from renamed
