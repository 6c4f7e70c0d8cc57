{# Every day from the first to the last, both included, as a set of rows. #}
{% macro day_range(first_day, last_day) -%}
    {{ return(adapter.dispatch('day_range', 'tierline')(first_day, last_day)) }}
{%- endmacro %}

{% macro default__day_range(first_day, last_day) -%}
    unnest(generate_series({{ first_day }}, {{ last_day }}, interval 1 day))
{%- endmacro %}
