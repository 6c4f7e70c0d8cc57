with address_events as (
    select * from {{ ref('stg_ledger__address_events') }}
),

told as (
    select * from {{ ref('int_told_address_standings') }}
),

run as (
    select * from {{ ref('int_run') }}
),

known as (
    select
        address_events.email,
        address_events.kind = 'hard_bounce' as is_bounced,
        -- who calls mail spam wants no more of it
        address_events.kind in ('unsubscribe', 'complaint') as is_unsubscribed
    from address_events
    cross join run
    where cast(address_events.changed_at as date) <= run.as_of

    union all

    -- what a system only says of now counts for every day
    select
        email,
        is_bounced,
        is_unsubscribed
    from told
)

select
    email,
    bool_or(is_bounced) as is_bounced,
    bool_or(is_unsubscribed) as is_unsubscribed
from known
group by email
