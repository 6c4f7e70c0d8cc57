{{ config(materialized='table') }}

with conversations as (
    select * from {{ ref('int_conversations') }}
),

code_changes as (
    select * from {{ ref('int_code_changes') }}
),

cited as (
    select
        conversation_id,
        source_snapshot_at,
        known_until,
        unnest({{ cited_paths('sources') }}) as path
    from conversations
    where source_snapshot_at is not null and sources is not null
),

-- an address that is no path in a repository can't be seen to change
cited_code as (
    select *
    from cited
    where path <> '' and path not like '%://%'
        and exists (select 1 from code_changes)
),

paths as (
    select distinct path from cited_code
),

changed_paths as (
    select distinct path from code_changes
),

touched as (
    select
        paths.path as cited_path,
        changed_paths.path
    from paths
    inner join changed_paths on paths.path = changed_paths.path

    union all

    -- a folder is cited: whatever lies in it
    select
        paths.path as cited_path,
        changed_paths.path
    from paths
    inner join changed_paths on starts_with(changed_paths.path, concat(paths.path, '/'))
    where paths.path not like '%.%'
),

readings as (
    select distinct
        path,
        source_snapshot_at
    from cited_code
),

changed_since as (
    select
        readings.path,
        readings.source_snapshot_at,
        min(code_changes.committed_at) as changed_at
    from readings
    inner join touched on readings.path = touched.cited_path
    inner join code_changes
        on touched.path = code_changes.path
        and readings.source_snapshot_at < code_changes.committed_at
    group by readings.path, readings.source_snapshot_at
)

select
    cited_code.conversation_id,
    min(changed_since.changed_at) as stale_since,
    min_by(cited_code.path, (changed_since.changed_at, cited_code.path))
    filter (where changed_since.changed_at is not null) as stale_path
from cited_code
left join changed_since
    on cited_code.path = changed_since.path
    and cited_code.source_snapshot_at = changed_since.source_snapshot_at
    and cited_code.known_until > changed_since.changed_at
group by cited_code.conversation_id
