with source as (
    select * from {{ source('raw_drop_folder', 'features') }}
),

renamed as (
    select
        feature,
        plan,
        is_key,
        title,
        tutorial_url
    from source
    where not _is_duplicate
)

select * from renamed
