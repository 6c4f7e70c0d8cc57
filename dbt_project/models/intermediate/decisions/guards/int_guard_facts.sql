{{ config(materialized='table') }}

{% for model in guard_fact_models() %}
    select
        account_id,
        fact,
        play_id,
        true_from,
        true_through,
        evidence
    from {{ ref(model) }}
    {{ 'union all' if not loop.last }}
{% endfor %}
