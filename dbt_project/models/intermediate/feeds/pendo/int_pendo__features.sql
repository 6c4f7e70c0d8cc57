with event_types as (
    select * from {{ ref('stg_pendo__event_types') }}
)

select
    name as feature,
    cast(null as varchar) as plan,
    bool_or(is_core_event) as is_key,
    name as title,
    cast(null as varchar) as tutorial_url
from event_types
where kind = 'feature' and name is not null
group by name
