{# A date so many months later; the last day of a shorter month where the day does not exist there. #}
{% macro months_later(day, months) -%}
    cast({{ dbt.dateadd('month', months, day) }} as date)
{%- endmacro %}

{# Months of the whole terms from one date to another, counted by month and not by day; negative where it lies before. #}
{% macro whole_terms(from_day, to_day, term_months) -%}
    cast(floor({{ dbt.datediff(from_day, to_day, 'month') }} / {{ term_months }}) as integer) * {{ term_months }}
{%- endmacro %}
