{# A JSON object from a dictionary of key: SQL expression. #}
{% macro json_object(members) -%}
    {{ return(adapter.dispatch('json_object', 'tierline')(members)) }}
{%- endmacro %}

{% macro default__json_object(members) -%}
    json_object(
        {%- for key, expression in members.items() %}
        '{{ key }}', {{ expression }}{{ ',' if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}
