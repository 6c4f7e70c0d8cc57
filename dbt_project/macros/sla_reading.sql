{# What a day of `int_sla_days` shows at an instant in it: minutes that counted since the first day there is. #}
{% macro sla_reading(days, instant) -%}
    {{ days }}.minutes_before
    + greatest(0, least({{ days }}.open_minutes, {{ minutes_between(days ~ '.runs_from', instant) }}))
{%- endmacro %}
