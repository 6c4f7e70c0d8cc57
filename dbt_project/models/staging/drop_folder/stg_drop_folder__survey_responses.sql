with source as (
    select * from {{ source('raw_drop_folder', 'survey_responses') }}
),

renamed as (
    select
        response_id,
        account_id,
        email,
        submitted_at,
        kind,
        score,
        comment
    from source
    where not _is_duplicate
)

select * from renamed
