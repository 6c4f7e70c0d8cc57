{#
    Every kind of trigger a play may name, and the model that finds its episodes. A new kind is one line here and its model in
    `models/intermediate/decisions/triggers/`.
#}
{% macro trigger_kinds() %}
    {{ return({
        'tier_entered': 'int_tier_triggers',
        'score_below': 'int_score_triggers',
    }) }}
{% endmacro %}
