{{ config(materialized='table') }}

with windows as (
    select * from {{ ref('int_brief_windows') }}
),

usage as (
    select * from {{ ref('int_usage_daily') }}
)

select
    windows.account_id,
    windows.brief_on,
    cast(sum(usage.events) as bigint) as events_of_term,
    count(distinct usage.used_on) as active_days_of_term,
    count(distinct case when usage.feature <> '(none)' then usage.feature end) as features_of_term,
    cast(sum(
        case when usage.used_on > windows.brief_on - windows.trend_days then usage.events else 0 end
    ) as bigint) as events_now,
    cast(sum(
        case
            when usage.used_on <= windows.brief_on - windows.trend_days
                and usage.used_on > windows.brief_on - 2 * windows.trend_days
                then usage.events
            else 0
        end
    ) as bigint) as events_before
from windows
inner join usage
    on windows.account_id = usage.account_id
    and usage.used_on > windows.brief_on - windows.term_days
    and windows.brief_on >= usage.used_on
group by windows.account_id, windows.brief_on
