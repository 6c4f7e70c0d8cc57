-- depends_on: {{ ref('int_identity_keys') }}
-- depends_on: {{ ref('int_changed_usage_partitions') }}
-- depends_on: {{ ref('int_changed_usage_days') }}
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook="{{ forget_unmatched_usage() }}",
) }}

with usage_events as (
    select * from {{ ref('int_usage_events') }}
)

select
    usage_events.system,
    usage_events.account_record_id,
    usage_events.user_record_id,
    usage_events.email,
    usage_events.domain,
    usage_events.used_on,
    count(*) as events
from usage_events
{% if is_incremental() %}
    inner join {{ ref('int_changed_usage_partitions') }} as changed
        on usage_events.system = changed.system
        and usage_events.used_on = changed.used_on
{% endif %}
where usage_events.account_id is null
group by 1, 2, 3, 4, 5, 6
