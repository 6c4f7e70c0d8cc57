{% set signals = {
    'event_channel': 'events.event_channel',
    'platform': 'events.platform',
    'library': 'events.library',
} %}

with events as (
    select * from {{ ref('stg_amplitude__events') }}
)

select
    events.event_id,
    events.occurred_at,
    events.used_on,
    events.group_id as account_record_id,
    case when events.user_id not like '%@%' then events.user_id end as user_record_id,
    -- some products know their people by address
    coalesce(events.email, case when events.user_id like '%@%' then events.user_id end) as email,
    coalesce(events.domain, case when events.group_id like '%.%' then events.group_id end) as domain,
    events.event_type as event,
    events.feature,
    {{ usage_channel('amplitude', signals) }} as channel,
    events.platform as source,
    events.quantity
from events
