{{ config(materialized='table') }}

{% for model in trigger_kinds().values() | unique %}
    select
        account_id,
        trigger_kind,
        trigger_key,
        subject,
        started_on,
        lasted_through,
        trigger_words,
        trigger_facts
    from {{ ref(model) }}
    {{ 'union all' if not loop.last }}
{% endfor %}
