{{ config(materialized='table') }}

with standings as (
    select * from {{ ref('int_digest_standings') }}
),

workloads as (
    select * from {{ ref('int_digest_workloads') }}
),

run as (
    select * from {{ ref('int_run') }}
),

lines as (
    select * from standings
    union all
    select * from workloads
),

ranked as (
    select
        *,
        row_number() over (partition by leader_id order by place, key) as line_rank
    from lines
),

rules as (
    select staff_messages.*
    from {{ ref('staff_messages') }} as staff_messages
    cross join run
    where staff_messages.play_id = 'leader_weekly_digest'
        and staff_messages.valid_from = {{ policy_version(ref('staff_messages'), 'run.as_of') }}
)

select
    ranked.leader_id,
    count(*) as entries,
    greatest(count(*) - max(rules.max_lines), 0) as entries_left_out,
    array_agg(ranked.line order by ranked.line_rank) filter (where ranked.line_rank <= rules.max_lines) as lines,
    list_sort(list_distinct(
        array_agg(ranked.asks) filter (where ranked.asks is not null and ranked.line_rank <= rules.max_lines)
    )) as asks
from ranked
cross join rules
group by ranked.leader_id
