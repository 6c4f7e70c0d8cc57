{# Schemas are public names (CONTRACTS): `marts` is `marts` in every target, never `main_marts`. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}
