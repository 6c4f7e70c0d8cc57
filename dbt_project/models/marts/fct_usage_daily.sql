{{ config(materialized='view') }}

with usage as (
    select * from {{ ref('int_usage_daily') }}
)

select
    account_id,
    used_on as date,
    channel,
    feature,
    cast(sum(events) as bigint) as events,
    cast(sum(active_users) as bigint) as active_users,
    sum(quantity) as quantity
from usage
group by account_id, used_on, channel, feature
