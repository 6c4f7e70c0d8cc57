{# When the clock of what is decided for a day starts at the earliest: the day is decided once it is over, and people
   begin to work at the hour that policy names. #}
{% macro work_begins(decided_for, hour) -%}
    cast({{ decided_for }} + 1 as timestamp) + {{ hour }} * interval 1 hour
{%- endmacro %}
