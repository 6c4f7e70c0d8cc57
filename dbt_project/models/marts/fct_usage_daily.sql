{{ config(materialized='view') }}

with usage as (
    select * from {{ ref('int_usage_daily') }}
)

select
    account_id,
    used_on as date,
    channel,
    feature,
    events,
    active_users,
    quantity
from usage
