{{ config(materialized='table') }}

with sources as (
    select * from {{ ref('int_usage_sources_daily') }}
),

silences as (
    select distinct
        system,
        channel,
        last_event_on
    from {{ ref('int_usage_channels_daily') }}
    where is_stale
),

windows as (
    select max(channel_window_days) as window_days from {{ ref('int_account_days') }}
),

-- which source each account took up in a channel, and when
beginnings as (
    select
        account_id,
        system,
        channel,
        source,
        min(used_on) as began_on
    from sources
    group by account_id, system, channel, source
)

select
    sources.account_id,
    silences.system,
    silences.channel,
    silences.last_event_on,
    min(sources.used_on) as seen_again_on
from silences
cross join windows
inner join beginnings
    on silences.system = beginnings.system
    and split_part(silences.channel, '/', 1) = beginnings.channel
    -- (who goes on through events that name no source goes on as well)
    and (
        beginnings.source is null
        or silences.channel <> concat(beginnings.channel, '/', beginnings.source)
    )
    -- roll-outs overlap: the new one may begin while the old one still speaks
    and silences.last_event_on - windows.window_days < beginnings.began_on
inner join sources
    on beginnings.account_id = sources.account_id
    and beginnings.system = sources.system
    and beginnings.channel = sources.channel
    and beginnings.source is not distinct from sources.source
    and silences.last_event_on < sources.used_on
group by sources.account_id, silences.system, silences.channel, silences.last_event_on
