with source as (
    select * from {{ source('raw_drop_folder', 'users') }}
),

renamed as (
    select
        user_id,
        account_id,
        email,
        name,
        role,
        title,
        is_champion,
        created_at,
        deactivated_at,
        is_unsubscribed,
        is_bounced
    from source
    where not _is_duplicate
)

select * from renamed
