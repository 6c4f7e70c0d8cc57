{# One row per element of a JSON list. #}
{% macro json_elements(document) -%}
    {{ return(adapter.dispatch('json_elements', 'tierline')(document)) }}
{%- endmacro %}

{% macro default__json_elements(document) -%}
    unnest(cast({{ document }} as json[]))
{%- endmacro %}
