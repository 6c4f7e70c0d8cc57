with source as (
    select * from {{ source('raw_salesforce', 'users') }}
),

renamed as (
    select
        id as user_id,
        name,
        lower(trim(email)) as email,
        username,
        is_active,
        user_type,
        time_zone_sid_key as timezone,
        manager_id,
        product_csm_id,
        slack_id,
        hours_per_week,
        hourly_cost
    from source
    where _dlt_valid_to is null
)

select * from renamed
