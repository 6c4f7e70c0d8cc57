{{ config(materialized='table') }}

with changes as (
    select * from {{ ref('stg_tierline__changes') }}
),

run as (
    select * from {{ ref('int_run') }}
)

select distinct
    changes.source as system,
    changes.changed_on as used_on
from changes
cross join run
where changes.table_name = 'usage_events'
    and changes.account_id is null
    and changes.load_id > run.consumed_through_load
