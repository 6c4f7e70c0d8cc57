{{ config(materialized='table') }}

with usage as (
    select * from {{ ref('int_usage_daily') }}
),

sources as (
    select * from {{ ref('int_usage_sources_daily') }}
),

days as (
    select * from {{ ref('int_days') }}
),

feeds as (
    select * from {{ ref('int_usage_feeds_daily') }}
),

run as (
    select * from {{ ref('int_run') }}
),

-- a source is judged by itself where others feed its channel, too
parts as (
    {{ usage_parts('usage', 'sources') }}
),

heard as (
    select distinct
        system,
        whole,
        channel,
        used_on
    from parts
),

channels as (
    select
        system,
        whole,
        channel,
        min(used_on) as first_event_on
    from heard
    group by system, whole, channel
    qualify channel = whole
        or count(*) over (partition by system, whole) > 2
),

-- what a day's scorer could see of each channel, beside what it saw of the system as a whole
seen as (
    select
        channels.system,
        'usage_events' as table_name,
        channels.whole,
        channels.channel,
        days.day,
        feeds.last_event_on as system_last_event_on,
        feeds.is_connected,
        max(heard.used_on) over (
            partition by channels.system, channels.channel
            order by days.day rows between unbounded preceding and current row
        ) as last_event_on
    from channels
    inner join days on channels.first_event_on <= days.day
    inner join feeds on channels.system = feeds.system and days.day = feeds.day
    left join heard
        on channels.system = heard.system
        and channels.channel = heard.channel
        and days.day = heard.used_on
),

{{ freshness_rule('seen', "'newest_event'", 'seen.day', by_channel=true) }},

-- how long the system spoke without this channel, or the channel without this source: what is silent as a whole is
-- judged as a whole
aged as (
    select
        ruled.*,
        (coalesce(wholes.last_event_on, ruled.system_last_event_on) - ruled.last_event_on) * 24 as age_hours
    from ruled
    left join seen as wholes
        on ruled.channel <> ruled.whole
        and ruled.system = wholes.system
        and ruled.whole = wholes.channel
        and ruled.day = wholes.day
),

late as (
    select aged.*
    from aged
    cross join run
    where aged.age_hours > aged.expected_within_hours or aged.day = run.as_of
),

silences as (
    select distinct
        system,
        channel,
        last_event_on,
        expected_within_hours
    from late
),

-- a channel few accounts use is silent now and then: only what so many showed in as long a time before is missed
habits as (
    select
        silences.system,
        silences.channel,
        silences.last_event_on,
        silences.expected_within_hours,
        count(distinct parts.account_id) as accounts
    from silences
    inner join parts
        on silences.system = parts.system
        and silences.channel = parts.channel
        and parts.used_on
        between silences.last_event_on - cast(silences.expected_within_hours // 24 as integer) + 1
        and silences.last_event_on
    group by silences.system, silences.channel, silences.last_event_on, silences.expected_within_hours
)

select
    late.system,
    late.channel,
    late.day,
    late.last_event_on,
    late.expected_within_hours,
    late.minimum_share,
    late.owner_email,
    late.owner_slack,
    late.age_hours,
    late.is_connected,
    late.age_hours > late.expected_within_hours as is_stale
from late
inner join habits
    on late.system = habits.system
    and late.channel = habits.channel
    and late.last_event_on = habits.last_event_on
    and late.expected_within_hours = habits.expected_within_hours
where habits.accounts >= late.minimum_accounts
