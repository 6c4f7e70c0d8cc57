with usage_events as (
    select * from {{ ref('stg_drop_folder__usage_events') }}
)

select
    event_id,
    occurred_at,
    used_on,
    account_id as account_record_id,
    user_id as user_record_id,
    email,
    domain,
    event,
    feature,
    channel,
    cast(null as varchar) as source,
    quantity
from usage_events
