with address_events as (
    select * from {{ ref('stg_ledger__address_events') }}
),

run as (
    select * from {{ ref('int_run') }}
)

select
    address_events.email,
    bool_or(address_events.kind = 'hard_bounce') as is_bounced,
    -- who calls mail spam wants no more of it
    bool_or(address_events.kind in ('unsubscribe', 'complaint')) as is_unsubscribed
from address_events
cross join run
where cast(address_events.changed_at as date) <= run.as_of
group by address_events.email
