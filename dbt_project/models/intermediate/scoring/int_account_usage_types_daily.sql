{{ config(materialized='table') }}

{% set measures = ['ui_events', 'api_events', 'mobile_events', 'integration_events'] %}

with account_days as (
    select * from {{ ref('int_account_days') }}
),

usage as (
    select * from {{ ref('int_usage_daily') }}
),

days as (
    select
        account_id,
        scored_on,
        channel_window_days as window_days,
        dominant_channel_share
    from account_days
),

{{ window_starts('days') }},

used as (
    select
        windows.account_id,
        windows.window_days,
        usage.used_on as happened_on,
        cast(sum(case when usage.channel = 'ui' then usage.events else 0 end) as double) as ui_events,
        cast(sum(case when usage.channel = 'api' then usage.events else 0 end) as double) as api_events,
        cast(sum(case when usage.channel = 'mobile' then usage.events else 0 end) as double) as mobile_events,
        cast(sum(case when usage.channel = 'integration' then usage.events else 0 end) as double) as integration_events
    from windows
    inner join usage
        on windows.account_id = usage.account_id
        and windows.opens_on <= usage.used_on
    group by windows.account_id, windows.window_days, usage.used_on
),

{{ sum_steps('used', measures) }},

{{ rolling_totals('days', 'steps', measures) }},

totals as (
    select
        days.*,
        rolling.ui_events,
        rolling.api_events,
        rolling.mobile_events,
        rolling.integration_events,
        rolling.ui_events + rolling.api_events + rolling.mobile_events + rolling.integration_events as events
    from days
    inner join rolling
        on days.account_id = rolling.account_id
        and days.scored_on = rolling.scored_on
)

select
    account_id,
    scored_on,
    case
        when events = 0 then 'none'
        when ui_events >= dominant_channel_share * events then 'ui'
        when api_events >= dominant_channel_share * events then 'api'
        when mobile_events >= dominant_channel_share * events then 'mobile'
        when integration_events >= dominant_channel_share * events then 'integration'
        else 'mixed'
    end as usage_type,
    concat_ws(
        ', ',
        case when api_events > 0 then 'api' end,
        case when integration_events > 0 then 'integration' end,
        case when mobile_events > 0 then 'mobile' end,
        case when ui_events > 0 then 'ui' end
    ) as active_channels
from totals
