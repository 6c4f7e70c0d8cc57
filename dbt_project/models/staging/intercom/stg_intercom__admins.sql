with source as (
    select * from {{ source('raw_intercom', 'admins') }}
),

renamed as (
    select
        id as admin_id,
        name,
        lower(email) as email,
        job_title,
        has_inbox_seat
    from source
)

select * from renamed
