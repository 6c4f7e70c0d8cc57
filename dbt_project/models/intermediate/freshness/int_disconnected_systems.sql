with connections as (
    select * from {{ ref('stg_tierline__connections') }}
),

runs as (
    select * from {{ ref('stg_tierline__runs') }}
),

last_connected as (
    select
        system,
        max(run_id) as run_id
    from connections
    group by system
),

-- runs that noted nothing may have read everything
noted_runs as (
    select * from runs
    where run_id in (select connections.run_id from connections)
)

select
    last_connected.system,
    min(noted_runs.as_of) as disconnected_on
from last_connected
inner join noted_runs on last_connected.run_id < noted_runs.run_id
group by last_connected.system
