{# The value of a JSON object's field as text; `field` is an expression, so that it can come from a row. #}
{% macro json_text(document, field) -%}
    {{ return(adapter.dispatch('json_text', 'tierline')(document, field)) }}
{%- endmacro %}

{% macro default__json_text(document, field) -%}
    json_extract_string({{ document }}, concat('$."', {{ field }}, '"'))
{%- endmacro %}
