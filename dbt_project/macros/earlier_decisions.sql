{# The CTE `earlier`: what this model holds from builds before, or nothing in a first one; `candidates` lends the columns. #}
{% macro earlier_decisions(candidates) %}
earlier as (
    {% if is_incremental() %}
        select * from {{ this }}
    {% else %}
        select
            *,
            first_actionable_on as decided_for,
            cast(null as varchar) as suppressed_by,
            cast(null as timestamp) as send_after_at,
            false as is_immediate
        from {{ candidates }}
        where false
    {% endif %}
)
{% endmacro %}
