{{ config(materialized='table') }}

with usage as (
    select * from {{ ref('int_usage_daily') }}
)

select
    account_id,
    feature,
    min(used_on) as first_used_on
from usage
where feature <> '(none)'
group by account_id, feature
