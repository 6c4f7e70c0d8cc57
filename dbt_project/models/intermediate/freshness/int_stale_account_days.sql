{{ config(materialized='table') }}

with account_days as (
    select * from {{ ref('int_account_days') }}
),

feeds as (
    select * from {{ ref('int_usage_feeds_daily') }}
),

usage as (
    select * from {{ ref('int_usage_daily') }}
),

stale as (
    select * from feeds
    where is_stale
),

-- where every feed is silent nobody can be told from a quiet customer
silent_days as (
    select day
    from feeds
    group by day
    having bool_and(is_stale)
),

-- an account rests on the feeds it was seen in shortly before they fell silent
resting as (
    select distinct
        account_days.account_id,
        account_days.scored_on,
        stale.system,
        stale.last_event_on,
        stale.is_connected,
        account_days.channel_window_days
    from account_days
    inner join stale on account_days.scored_on = stale.day
    left join silent_days on account_days.scored_on = silent_days.day
    left join usage
        on account_days.account_id = usage.account_id
        and stale.system = usage.system
        and usage.used_on between stale.last_event_on - account_days.channel_window_days and stale.last_event_on
    where usage.account_id is not null or silent_days.day is not null
),

-- a feed that was disconnected on purpose hides only whom no other feed has shown since then or shortly before
hidden as (
    select
        resting.account_id,
        resting.scored_on,
        resting.system,
        resting.last_event_on
    from resting
    left join usage as elsewhere
        on not resting.is_connected
        and resting.account_id = elsewhere.account_id
        and resting.system <> elsewhere.system
        and elsewhere.used_on between resting.last_event_on - resting.channel_window_days and resting.scored_on
    where elsewhere.account_id is null
    group by all
)

select
    account_id,
    scored_on,
    string_agg(concat(system, ' since ', cast(last_event_on as varchar)), ', ' order by system) as stale_feeds
from hidden
group by account_id, scored_on
