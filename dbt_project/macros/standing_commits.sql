{#
    The commits of a code host as of its latest history. When a branch was rewritten (force-push), the connector reads
    it again under the next `history_number`; what only the earlier history had is no change to the code that stands.
    A history is that of one repository, branch and path listed.
#}
{% macro standing_commits(system) %}
with source as (
    select * from {{ source('raw_' ~ system, 'code_commits') }}
),

histories as (
    select
        repository,
        listed,
        max(history_number) as history_number
    from source
    group by repository, listed
),

renamed as (
    select distinct
        source.repository,
        source.path,
        source.sha as commit_sha,
        source.committed_at
    from source
    inner join histories using (repository, listed, history_number)
)

select * from renamed
{% endmacro %}
