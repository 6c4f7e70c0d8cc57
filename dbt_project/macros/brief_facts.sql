{# What a brief says of an account, as members of a message's facts. #}
{% macro brief_facts(briefs) %}
    {% set facts = {} %}
    {% for name in [
        'trend_days', 'recent_days', 'term_days', 'events_now', 'events_before', 'events_of_term', 'active_days_of_term',
        'features_of_term', 'seats', 'active_users', 'tickets_of_term', 'solved_of_term', 'tickets_lately',
        'escalations_lately', 'tickets_open', 'last_nps', 'last_nps_on', 'last_touch_on', 'last_touch_kind',
        'touches_lately', 'open_opportunities', 'open_amount', 'open_kinds',
        'renewal_probability', 'system_call', 'csm_call', 'csm_call_from', 'external_call', 'external_call_from',
    ] %}
        {% do facts.update({name: briefs ~ '.' ~ name}) %}
    {% endfor %}
    {{ return(facts) }}
{% endmacro %}
