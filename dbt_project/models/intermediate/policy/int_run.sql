with runs as (
    select * from {{ ref('stg_tierline__runs') }}
),

builds as (
    select * from {{ ref('stg_tierline__builds') }}
),

usage_events as (
    {{ union_feeds('usage_events') }}
),

latest_run as (
    select
        max_by(as_of, run_id) as as_of,
        max_by(through_load, run_id) as through_load
    from runs
),

finished as (
    select
        max(as_of) as scored_through,
        coalesce(max(through_load), 0) as consumed_through_load
    from builds
),

-- a plain `dbt build` on a warehouse the pipeline never ran on
last_event as (
    select max(used_on) as as_of from usage_events
)

select
    greatest(coalesce(latest_run.as_of, last_event.as_of), finished.scored_through) as as_of,
    latest_run.through_load,
    finished.scored_through,
    finished.consumed_through_load
from latest_run
cross join finished
cross join last_event
