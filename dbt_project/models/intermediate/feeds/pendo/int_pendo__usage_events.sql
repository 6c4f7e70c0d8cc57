{% set signals = {'user_agent': 'events.user_agent', 'kind': 'events.kind'} %}

with events as (
    select * from {{ ref('stg_pendo__events') }}
),

event_types as (
    select * from {{ ref('stg_pendo__event_types') }}
)

select
    events.event_id,
    events.occurred_at,
    events.used_on,
    events.account_id as account_record_id,
    case
        when events.visitor_id not like '%@%' and events.visitor_id not like '!_PENDO!_T!_%' escape '!'
            then events.visitor_id
    end as user_record_id,
    case when events.visitor_id like '%@%' then events.visitor_id end as email,
    cast(null as varchar) as domain,
    coalesce(event_types.name, events.feature_id, events.page_id, events.track_type_id, 'event') as event,
    case when events.feature_id is not null then coalesce(event_types.name, events.feature_id) end as feature,
    {{ usage_channel('pendo', signals) }} as channel,
    events.app_id as source,
    events.num_events as quantity
from events
left join event_types
    on coalesce(events.feature_id, events.page_id, events.track_type_id) = event_types.event_type_id
