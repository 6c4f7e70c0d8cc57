{# A JSON object with the members of another laid over it; a missing other leaves it as it is. #}
{% macro json_merged(object, members) -%}
    {{ return(adapter.dispatch('json_merged', 'tierline')(object, members)) }}
{%- endmacro %}

{% macro default__json_merged(object, members) -%}
    case when {{ members }} is null then {{ object }} else json_merge_patch({{ object }}, {{ members }}) end
{%- endmacro %}
