{#
    `measure`: SQL, a text or a column of the rows. Joins the freshness rule that fits best: of the system and table (and channel), of the system, of the table, of all.
    A rule without a channel is of the table as a whole; one of a channel is of its sources, too (`<channel>/<source>`).
#}
{% macro freshness_rule(rows, measure, day, by_channel=false) -%}
    ranked_rules as (
        select
            {{ rows }}.*,
            freshness.expected_within_hours,
            {%- if by_channel %}
            freshness.minimum_accounts,
            freshness.minimum_share,
            {%- endif %}
            freshness.owner_email,
            freshness.owner_slack,
            row_number() over (
                partition by {{ rows }}.system, {{ rows }}.table_name, {{ rows ~ '.channel, ' if by_channel }}{{ day }}
                order by
                    freshness.system = '*', freshness.table_name = '*', freshness.channel = '*'
                    {{- ', freshness.channel <> ' ~ rows ~ '.channel' if by_channel }}
            ) as rule_rank
        from {{ rows }}
        inner join {{ ref('freshness') }} as freshness
            on freshness.measure = {{ measure }}
            and freshness.system in ({{ rows }}.system, '*')
            and freshness.table_name in ({{ rows }}.table_name, '*')
            {%- if by_channel %}
            and freshness.channel in ({{ rows }}.channel, split_part({{ rows }}.channel, '/', 1), '*')
            {%- else %}
            and freshness.channel is null
            {%- endif %}
            and freshness.valid_from = {{ policy_version(ref('freshness'), day) }}
    ),

    ruled as (
        select * exclude (rule_rank) from ranked_rules where rule_rank = 1
    )
{%- endmacro %}
