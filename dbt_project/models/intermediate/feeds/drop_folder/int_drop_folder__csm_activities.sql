with csm_activities as (
    select * from {{ ref('stg_drop_folder__csm_activities') }}
)

select
    activity_id as record_id,
    csm_id as csm_record_id,
    account_id as account_record_id,
    kind,
    started_at,
    minutes,
    action_id
from csm_activities
