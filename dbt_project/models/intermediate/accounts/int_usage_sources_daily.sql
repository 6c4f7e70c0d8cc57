-- depends_on: {{ ref('int_changed_usage_days') }}
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook="{{ forget_changed_usage('used_on') }}",
) }}

with feeds as (
    {{ union_feeds('usage_events') }}
),

usage_events as (
    select * from {{ ref('int_usage_events') }}
),

{% if is_incremental() %}
    known as (
        select distinct
            system,
            channel
        from {{ this }}
    ),
{% endif %}

-- where one source feeds a channel it is the channel; events that name none may be its own, from before it named itself
several as (
    select
        feeds.system,
        feeds.channel
    from feeds
    where feeds.source is not null
    group by feeds.system, feeds.channel
    having count(distinct feeds.source) > 1
)

select distinct
    usage_events.account_id,
    usage_events.system,
    usage_events.used_on,
    usage_events.channel,
    usage_events.source
from usage_events
inner join several
    on usage_events.system = several.system
    and usage_events.channel = several.channel
{% if is_incremental() %}
    left join {{ ref('int_changed_usage_days') }} as changed
        on usage_events.account_id = changed.account_id
        and usage_events.used_on = changed.used_on
    left join known
        on usage_events.system = known.system
        and usage_events.channel = known.channel
{% endif %}
where usage_events.account_id is not null
{% if is_incremental() %}
    -- of a channel that has a second source only now, the days before are new as well
    and (changed.account_id is not null or known.system is null)
{% endif %}
