{# The values as SQL spells them, with commas between. #}
{% macro sql_literals(values) %}
    {%- for value in values -%}
        {{ "'" ~ value | replace("'", "''") ~ "'" if value is string else value }}{{ ', ' if not loop.last }}
    {%- endfor -%}
{% endmacro %}
