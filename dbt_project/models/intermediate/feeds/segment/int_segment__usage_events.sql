{% set signals = {'event_channel': 'events.event_channel', 'library': 'events.library', 'channel': 'events.channel'} %}

with events as (
    select * from {{ ref('stg_segment__events') }}
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
    coalesce(events.event, events.name, events.type) as event,
    events.feature,
    {{ usage_channel('segment', signals) }} as channel,
    events.source_id as source,
    events.quantity
from events
where events.type in ('track', 'page', 'screen')
