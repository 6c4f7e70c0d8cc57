with source as (
    select * from {{ source('raw_drop_folder', 'csm_activities') }}
),

renamed as (
    select
        activity_id,
        csm_id,
        account_id,
        kind,
        started_at,
        minutes,
        action_id
    from source
    where not _is_duplicate
)

select * from renamed
