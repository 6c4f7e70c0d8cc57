{# A stable key from several columns: the same values give the same key on every engine. #}
{% macro hash_key(columns) -%}
    md5(concat_ws('|', {%- for column in columns %}cast({{ column }} as varchar){{ ', ' if not loop.last }}{% endfor %}))
{%- endmacro %}
