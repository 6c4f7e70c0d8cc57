{% set entities = [
    'users', 'tickets', 'ai_conversations', 'survey_responses', 'subscriptions', 'invoices', 'opportunities',
    'csm_activities'
] %}

with accounts as (
    select * from {{ ref('int_account_identity') }}
),

{% for entity in entities %}
    {{ entity }} as (
        select * from {{ ref('int_' ~ entity) }}
    ),

{% endfor %}
usage_days as (
    select * from {{ ref('int_usage_daily') }}
),

unmatched_usage as (
    select * from {{ ref('int_unmatched_usage_daily') }}
),

usage_counts as (
    select system, sum(events) as rows_matched, 0 as rows_unmatched, cast(null as varchar) as example
    from usage_days
    group by system
    union all
    select
        system,
        0 as rows_matched,
        sum(events) as rows_unmatched,
        max_by(coalesce(account_record_id, user_record_id, email, domain, '(no sender)'), events) as example
    from unmatched_usage
    group by system
),

counted as (
    select
        system,
        'accounts' as entity,
        count(account_id) as rows_matched,
        count(*) - count(account_id) as rows_unmatched,
        min(case when account_id is null then record_id end) as example
    from accounts
    group by system

    {% for entity in entities %}
        union all
        select
            system,
            '{{ entity }}' as entity,
            count(account_id) as rows_matched,
            count(*) - count(account_id) as rows_unmatched,
            min(case when account_id is null then record_id end) as example
        from {{ entity }}
        {% if entity == 'csm_activities' %}
            -- internal work belongs to no account
            where account_record_id is not null
        {% endif %}
        group by system
    {% endfor %}

    union all

    select
        system,
        'usage_events' as entity,
        sum(rows_matched) as rows_matched,
        sum(rows_unmatched) as rows_unmatched,
        min(example) as example
    from usage_counts
    group by system
)

select
    system,
    entity,
    cast(rows_matched as bigint) as rows_matched,
    cast(rows_unmatched as bigint) as rows_unmatched,
    example
from counted
where rows_matched + rows_unmatched > 0
order by system, entity
