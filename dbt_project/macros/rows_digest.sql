{# One digest of all rows of a group, whatever their order: it changes when any value does. #}
{% macro rows_digest(rows) -%}
    {{ return(adapter.dispatch('rows_digest', 'tierline')(rows)) }}
{%- endmacro %}

{% macro default__rows_digest(rows) -%}
    md5(string_agg(cast({{ rows }} as varchar), '|' order by cast({{ rows }} as varchar)))
{%- endmacro %}
