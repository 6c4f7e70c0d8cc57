with commits as (
    select * from {{ ref('stg_git_repository__code_commits') }}
)

select
    repository,
    path,
    commit_sha,
    committed_at
from commits
