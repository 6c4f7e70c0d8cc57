{{ config(materialized='table') }}

{% set days = {
    'golden_accounts': 'cast(null as date)',
    'tickets': 'cast(created_at as date)',
    'survey_responses': 'cast(submitted_at as date)',
    'subscriptions': 'started_on',
} %}

with features as (
    select * from {{ ref('int_features') }}
),

stale_feeds as (
    select
        system as feed,
        day,
        cast(null as double) as minimum_share
    from {{ ref('int_usage_feeds_daily') }}
    where is_stale

    union all

    select
        concat(system, ' ', channel) as feed,
        day,
        minimum_share
    from {{ ref('int_usage_channels_daily') }}
    where is_stale
),

{% for entity in days %}
    {{ entity }} as (
        select * from {{ ref('int_' ~ entity) }}
    ),

{% endfor %}
-- a feature touches every account, and so does a feed that fell silent or came back
digests as (
    select
        'features' as entity,
        cast(null as varchar) as account_id,
        cast(null as date) as changed_on,
        {{ rows_digest('features') }} as digest
    from features

    union all

    select
        'stale_feeds' as entity,
        cast(null as varchar) as account_id,
        day as changed_on,
        {{ rows_digest('stale_feeds') }} as digest
    from stale_feeds
    group by day

    {% for entity, day in days.items() %}
        union all

        select
            '{{ entity }}' as entity,
            account_id,
            {{ day }} as changed_on,
            {{ rows_digest(entity) }} as digest
        from {{ entity }}
        where account_id is not null
        group by account_id, {{ day }}
    {% endfor %}
)

select
    entity,
    account_id,
    changed_on,
    digest
from digests
