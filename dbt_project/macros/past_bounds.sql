{#
    The rows of a CTE of measured signals that are past the bound policy sets them, with the severity it gives.
    `rows` has account_id, scored_on, segment, churn_signals_from, signal, value and volume (null where a signal needs none, or where
    it is unknown: that passes no minimum), and whatever the evidence is told from. Expects a CTE `rules`, of int_churn_signal_rules.
#}
{% macro past_bounds(rows) -%}
    select
        {{ rows }}.*,
        rules.family,
        rules.words,
        cast(rules.bound as double) as bound,
        case
            when rules.direction = 'at_least' and {{ rows }}.value >= rules.severe_bound then 'high'
            when rules.direction = 'at_most' and {{ rows }}.value <= rules.severe_bound then 'high'
            else rules.severity
        end as severity
    from {{ rows }}
    inner join rules
        on {{ rows }}.churn_signals_from = rules.valid_from
        and {{ rows }}.signal = rules.signal
        and {{ rows }}.segment = rules.segment
    where (rules.minimum_volume is null or {{ rows }}.volume >= rules.minimum_volume)
        and (
            (rules.direction = 'at_least' and {{ rows }}.value >= rules.bound)
            or (rules.direction = 'at_most' and {{ rows }}.value <= rules.bound)
        )
{%- endmacro %}

{# The columns every family of signals hands on. #}
{% macro flag_columns() -%}
    account_id,
    scored_on,
    signal,
    family,
    severity,
    cast(value as double) as value,
    bound
{%- endmacro %}

{# A number for people: without needless digits. #}
{% macro told(number, digits=0) -%}
    {% if digits %}cast(cast({{ number }} as decimal(18, {{ digits }})) as varchar){% else -%}
    cast(cast(round({{ number }}) as bigint) as varchar){% endif %}
{%- endmacro %}
