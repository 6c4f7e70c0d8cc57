{{ config(materialized='table') }}

with risk_days as (
    select * from {{ ref('int_risk_days') }}
),

user_days as (
    select * from {{ ref('int_user_days') }}
),

-- who led is looked up once a month, from the months before it
months as (
    select
        account_id,
        cast({{ dbt.date_trunc('month', 'scored_on') }} as date) as month_on,
        max(baseline_days) as baseline_days
    from risk_days
    group by account_id, cast({{ dbt.date_trunc('month', 'scored_on') }} as date)
),

counted as (
    select
        months.account_id,
        months.month_on,
        user_days.user_key,
        count(*) as used_days,
        max(user_days.used_on) as last_used_on
    from months
    inner join user_days
        on months.account_id = user_days.account_id
        and months.month_on > user_days.used_on
        and user_days.used_on >= months.month_on - months.baseline_days
    group by months.account_id, months.month_on, user_days.user_key
),

ranked as (
    select
        *,
        row_number() over (
            partition by account_id, month_on
            order by used_days desc, last_used_on desc, user_key asc
        ) as place
    from counted
)

select
    account_id,
    month_on,
    user_key,
    used_days
from ranked
where place = 1
