{#
    What the columns of a table promise, in one test: a test costs more to start than to run.

    primary_key: columns that are never null and together never repeat. not_null: columns that are never null.
    unique: columns, or lists of columns, that never repeat where none of them is null.
    unique_nulls_not_distinct: the same where null counts as a value.
    accepted_range: {column: [low, high]}, both included. accepted_values: {column: [value, ...]}. Null passes both.
    A row per broken constraint: which one, and how many rows (or keys, where keys repeat) break it.
#}
{% test constraints_hold(
    model, primary_key=[], not_null=[], unique=[], unique_nulls_not_distinct=[], accepted_range={}, accepted_values={}
) %}
    {%- set broken = {} -%}
    {%- for column in primary_key + not_null -%}
        {%- do broken.update({column ~ ' is null': column ~ ' is null'}) -%}
    {%- endfor -%}
    {%- for column, bounds in accepted_range.items() -%}
        {%- set range = column ~ ' between ' ~ bounds | join(' and ') -%}
        {%- do broken.update({'not ' ~ range: 'not ' ~ range}) -%}
    {%- endfor -%}
    {%- for column, values in accepted_values.items() -%}
        {%- do broken.update({column ~ ' is none of ' ~ values | join(', '): column ~ ' not in (' ~ sql_literals(values) ~ ')'}) -%}
    {%- endfor -%}
    {%- set keys = [] -%}
    {%- for key in ([primary_key] if primary_key else []) + unique_nulls_not_distinct + unique -%}
        {%- do keys.append([key] if key is string else key) -%}
    {%- endfor -%}
    {#- a view that is asked more than once is worked out once -#}
    {%- set found = load_relation(model) if execute and (keys | length + (broken and 1 or 0)) > 1 else none -%}
    {%- set checked = 'checked' if found is not none and found.is_view else model -%}
    {%- if checked != model %}
        with checked as materialized (
            select {{ (keys | sum(start=[]) + not_null + accepted_range.keys() | list + accepted_values.keys() | list) | unique | join(', ') }}
            from {{ model }}
        )

    {% endif -%}

    {%- if broken %}
        select
            broken_constraint,
            rows_found
        from (
            select
                unnest([{{ sql_literals(broken.keys() | list) }}]) as broken_constraint,
                unnest(counts) as rows_found
            from (
                select [
                    {% for condition in broken.values() -%}
                        count(*) filter (where {{ condition }}){{ ', ' if not loop.last }}
                    {%- endfor %}
                ] as counts
                from {{ checked }}
                {# what no row breaks is known from the table's statistics, mostly without reading it -#}
                where {{ broken.values() | join(' or ') }}
            ) as counted
        ) as constraints
        where rows_found > 0
    {% endif -%}

    {%- for columns in keys %}
        {{ 'union all' if broken or not loop.first }}
        select
            {{ sql_literals([columns | join(', ') ~ ' repeats']) }} as broken_constraint,
            count(*) as rows_found
        from (
            select {{ columns | join(', ') }}
            from {{ checked }}
            {% if loop.revindex <= unique | length %}where {{ columns | join(' is not null and ') }} is not null{% endif %}
            group by all
            having count(*) > 1
        ) as repeated
        having count(*) > 0
    {% endfor %}
{% endtest %}
