{# The value of a trait seen last; of two seen at the same moment, the one that sorts last. An aggregate over traits. #}
{% macro latest_trait(name) -%}
    max_by(value, row(last_seen_at, value)) filter (where trait = '{{ name }}')
{%- endmacro %}
