{% set signals = {'event_channel': 'events.event_channel', 'library': 'events.library'} %}

with events as (
    select * from {{ ref('stg_mixpanel__events') }}
)

select
    events.event_id,
    events.occurred_at,
    events.used_on,
    events.group_id as account_record_id,
    case when events.user_id not like '%@%' then events.user_id end as user_record_id,
    -- some products know their people by address
    coalesce(events.email, case when events.user_id like '%@%' then events.user_id end) as email,
    events.domain,
    events.event,
    events.feature,
    {{ usage_channel('mixpanel', signals) }} as channel,
    events.library as source,
    events.quantity
from events
