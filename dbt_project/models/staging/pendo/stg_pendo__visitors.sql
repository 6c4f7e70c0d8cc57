with source as (
    select * from {{ source('raw_pendo', 'visitors') }}
),

renamed as (
    select
        visitor_id,
        account_id,
        email,
        name,
        role,
        first_visit as first_visit_at,
        last_visit as last_visit_at
    from source
)

select * from renamed
