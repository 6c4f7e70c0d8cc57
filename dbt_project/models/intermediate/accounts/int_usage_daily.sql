-- depends_on: {{ ref('int_changed_usage_days') }}
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook="{{ forget_changed_usage('used_on') }}",
) }}

with usage_events as (
    select * from {{ ref('int_usage_events') }}
)

select
    usage_events.account_id,
    usage_events.system,
    usage_events.used_on,
    usage_events.channel,
    coalesce(usage_events.feature, '(none)') as feature,
    count(*) as events,
    count(distinct coalesce(usage_events.user_record_id, usage_events.email)) as active_users,
    cast(sum(cast(coalesce(usage_events.quantity, 1) as decimal(18, 3))) as double) as quantity
from usage_events
{% if is_incremental() %}
    inner join {{ ref('int_changed_usage_days') }} as changed
        on usage_events.account_id = changed.account_id
        and usage_events.used_on = changed.used_on
{% endif %}
where usage_events.account_id is not null
group by 1, 2, 3, 4, 5
