{{ config(materialized='table') }}

with account_days as (
    select * from {{ ref('int_account_days') }}
),

user_days as (
    select * from {{ ref('int_user_days') }}
),

days as (
    select
        account_id,
        scored_on,
        support_window_days as window_days
    from account_days
),

{{ window_starts('days') }},

seen as (
    select
        windows.account_id,
        windows.window_days,
        user_days.user_key as thing,
        user_days.used_on as seen_on
    from windows
    inner join user_days
        on windows.account_id = user_days.account_id
        and windows.opens_on <= user_days.used_on
),

{{ distinct_steps('seen') }},

{{ rolling_totals('days', 'steps', ['seen']) }}

select
    account_id,
    scored_on,
    cast(seen as bigint) as active_users
from rolling
