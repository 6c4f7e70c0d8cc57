-- depends_on: {{ ref('int_changed_usage_days') }}
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook="{{ forget_changed_usage('used_on') }}",
) }}

with usage_events as (
    select * from {{ ref('int_usage_events') }}
)

select distinct
    usage_events.account_id,
    coalesce(usage_events.user_record_id, usage_events.email) as user_key,
    usage_events.used_on
from usage_events
{% if is_incremental() %}
    inner join {{ ref('int_changed_usage_days') }} as changed
        on usage_events.account_id = changed.account_id
        and usage_events.used_on = changed.used_on
{% endif %}
where usage_events.account_id is not null
    and coalesce(usage_events.user_record_id, usage_events.email) is not null
