{# Calendar minutes from one instant to a later one, with fractions; null when either is missing. #}
{% macro minutes_between(earlier, later) -%}
    {{ dbt.datediff(earlier, later, 'second') }} / 60.0
{%- endmacro %}
