with feeds as (
    {{ union_feeds('code_changes') }}
)

select
    system,
    repository,
    path,
    commit_sha,
    committed_at
from feeds
