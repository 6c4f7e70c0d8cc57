{# Per system, the rank policy gives it for each field; null where it names none. #}
{% macro survivorship_ranks(fields) -%}
    {%- for field in fields %}
    min(case when survivorship.field = '{{ field }}' then survivorship.survivorship_rank end) as {{ field }}_rank
    {{- ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{# Per record, its rank for each field: a system that is not named for a field comes after those that are. #}
{% macro ranks_of_record(fields) -%}
    {%- for field in fields %}
    coalesce(field_ranks.{{ field }}_rank, 1000000 + records.survivorship_rank) as {{ field }}_rank
    {{- ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{# Of an account's records, the value of the one believed first for that field, among those that know it. #}
{% macro survivor(field) -%}
    min_by({{ field }}, ({{ field }}_rank, system, record_id)) filter (where {{ field }} is not null)
{%- endmacro %}
