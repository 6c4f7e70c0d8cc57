{# Joins the freshness rule that fits best: of the system and table, of the system, of the table, of all. #}
{% macro freshness_rule(rows, measure, day) -%}
    ranked_rules as (
        select
            {{ rows }}.*,
            freshness.expected_within_hours,
            freshness.owner_email,
            freshness.owner_slack,
            row_number() over (
                partition by {{ rows }}.system, {{ rows }}.table_name, {{ day }}
                order by freshness.system = '*', freshness.table_name = '*'
            ) as rule_rank
        from {{ rows }}
        inner join {{ ref('freshness') }} as freshness
            on freshness.measure = '{{ measure }}'
            and freshness.system in ({{ rows }}.system, '*')
            and freshness.table_name in ({{ rows }}.table_name, '*')
            and freshness.valid_from = {{ policy_version(ref('freshness'), day) }}
    ),

    ruled as (
        select * exclude (rule_rank) from ranked_rules where rule_rank = 1
    )
{%- endmacro %}
