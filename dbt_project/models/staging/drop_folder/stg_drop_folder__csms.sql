with source as (
    select * from {{ source('raw_drop_folder', 'csms') }}
),

renamed as (
    select
        csm_id,
        name,
        email,
        slack_id,
        manager_id,
        hours_per_week,
        hourly_cost,
        timezone
    from source
    where not _is_duplicate
)

select * from renamed
