{{ config(materialized='table') }}

with brief_days as (
    select * from {{ ref('int_brief_days') }}
),

brief_windows as (
    select * from {{ ref('brief_windows') }}
)

select
    brief_days.account_id,
    brief_days.brief_on,
    brief_windows.trend_days,
    brief_windows.recent_days,
    brief_windows.term_days
from brief_days
inner join brief_windows
    on brief_windows.valid_from = {{ policy_version(ref('brief_windows'), 'brief_days.brief_on') }}
