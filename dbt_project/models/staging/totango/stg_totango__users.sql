with source as (
    select * from {{ source('raw_totango', 'users') }}
),

renamed as (
    select
        name as user_id,
        account_name as account_id,
        display_name,
        nullif(lower(trim(coalesce(email, case when name like '%_@_%' then name end))), '') as email,
        first_activity_time as first_active_at
    from source
)

select * from renamed
