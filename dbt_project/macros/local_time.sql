{# What a clock in a time zone shows at a UTC instant. #}
{% macro local_time(instant, zone) -%}
    {{ return(adapter.dispatch('local_time', 'tierline')(instant, zone)) }}
{%- endmacro %}

{% macro default__local_time(instant, zone) -%}
    timezone({{ zone }}, timezone('UTC', {{ instant }}))
{%- endmacro %}

{# The UTC instant at which a clock in a time zone shows a time; one that a change of clocks skips is the first after it. #}
{% macro utc_instant(shown, zone) -%}
    {{ return(adapter.dispatch('utc_instant', 'tierline')(shown, zone)) }}
{%- endmacro %}

{% macro default__utc_instant(shown, zone) -%}
    timezone('UTC', timezone({{ zone }}, {{ shown }}))
{%- endmacro %}
