{{ config(materialized='table') }}

with account_days as (
    select * from {{ ref('int_account_days') }}
),

feeds as (
    select * from {{ ref('int_usage_feeds_daily') }}
),

channels as (
    select * from {{ ref('int_usage_channels_daily') }}
    where is_stale and is_connected
),

usage as (
    select * from {{ ref('int_usage_daily') }}
),

sources as (
    select * from {{ ref('int_usage_sources_daily') }}
),

successions as (
    select * from {{ ref('int_source_successions') }}
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
),

silences as (
    select distinct
        channels.system,
        channels.channel,
        channels.last_event_on,
        account_days.channel_window_days
    from channels
    inner join account_days on channels.day = account_days.scored_on
),

parts as (
    {{ usage_parts('usage', 'sources') }}
),

-- on how many of an account's active days it used a channel (or source) shortly before that fell silent; a machine's
-- many events must not hide the people beside it
shares as (
    select
        parts.account_id,
        silences.system,
        silences.channel,
        silences.last_event_on,
        silences.channel_window_days,
        count(distinct parts.used_on)
        filter (where parts.system = silences.system and parts.channel = silences.channel)
        / count(distinct parts.used_on) as share
    from silences
    inner join parts
        on parts.used_on between silences.last_event_on - silences.channel_window_days and silences.last_event_on
    group by
        parts.account_id,
        silences.system,
        silences.channel,
        silences.last_event_on,
        silences.channel_window_days
),

without as (
    select
        account_id,
        scored_on,
        system as feed,
        last_event_on
    from hidden

    union all

    select
        account_days.account_id,
        account_days.scored_on,
        concat(channels.system, ' ', channels.channel) as feed,
        channels.last_event_on
    from account_days
    inner join channels on account_days.scored_on = channels.day
    inner join shares
        on account_days.account_id = shares.account_id
        and channels.system = shares.system
        and channels.channel = shares.channel
        and channels.last_event_on = shares.last_event_on
        and account_days.channel_window_days = shares.channel_window_days
        and channels.minimum_share <= shares.share
    -- who goes on through the source that took the silent one's place is seen
    left join successions
        on account_days.account_id = successions.account_id
        and channels.system = successions.system
        and channels.channel = successions.channel
        and channels.last_event_on = successions.last_event_on
        and account_days.scored_on >= successions.seen_again_on
    where successions.account_id is null
)

select
    account_id,
    scored_on,
    string_agg(concat(feed, ' since ', cast(last_event_on as varchar)), ', ' order by feed) as stale_feeds
from without
group by account_id, scored_on
