{#
    The channel of an event: that of the first rule in `usage_channels` which one of its signals meets; `ui` where none
    does. `signals`: SQL by the name the seed gives it. A rule for the field `*` is met by every event. Each distinct
    combination of signals is looked up once.
#}
{% macro usage_channel(system, signals) -%}
    coalesce(
        (
            select min_by(rules.channel, rules.priority)
            from {{ ref('usage_channels') }} as rules
            where
                rules.system = '{{ system }}'
                and rules.valid_from = (
                    select max(versions.valid_from)
                    from {{ ref('usage_channels') }} as versions
                    where
                        versions.valid_from <= coalesce(
                            (select max_by(runs.as_of, runs.run_id) from {{ ref('stg_tierline__runs') }} as runs),
                            cast('9999-12-31' as date)
                        )
                )
                and (
                    rules.field = '*'
                    {% for name, value in signals.items() %}
                        or (rules.field = '{{ name }}' and lower({{ value }}) like rules.pattern)
                    {% endfor %}
                )
        ),
        'ui'
    )
{%- endmacro %}
