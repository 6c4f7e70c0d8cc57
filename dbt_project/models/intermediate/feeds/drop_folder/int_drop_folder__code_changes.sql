with code_changes as (
    select * from {{ ref('stg_drop_folder__code_changes') }}
)

select
    repository,
    path,
    commit_sha,
    committed_at
from code_changes
