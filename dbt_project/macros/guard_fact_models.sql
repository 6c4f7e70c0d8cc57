{#
    The models that say what is true of an account from when to when, for guards to go by. A new one is a line here, its facts
    in the list of `guards.fact`, and a row per guard in `seeds/policy/guards.csv`.
#}
{% macro guard_fact_models() %}
    {{ return([
        'int_standing_facts',
        'int_health_facts',
        'int_support_facts',
        'int_person_facts',
        'int_holdout_facts',
        'int_override_facts',
    ]) }}
{% endmacro %}
