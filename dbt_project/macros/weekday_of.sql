{# ISO number of a date's weekday: 1 is Monday, 7 is Sunday. #}
{% macro weekday_of(day) -%}
    {{ return(adapter.dispatch('weekday_of', 'tierline')(day)) }}
{%- endmacro %}

{% macro default__weekday_of(day) -%}
    extract(isodow from {{ day }})
{%- endmacro %}
