with csms as (
    select * from {{ ref('stg_drop_folder__csms') }}
)

select
    csm_id as record_id,
    name,
    email,
    slack_id,
    manager_id as manager_record_id,
    hours_per_week,
    hourly_cost,
    timezone
from csms
