with source as (
    select * from {{ source('raw_drop_folder', 'code_changes') }}
),

renamed as (
    select
        repository,
        path,
        commit_sha,
        committed_at
    from source
    where not _is_duplicate
)

select * from renamed
