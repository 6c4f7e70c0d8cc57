{#
    A system that is not connected has no raw tables; its models then read empty ones instead of failing.
    The columns come from the sources' YAML, which a test compares with what the connectors write.
#}
{% macro create_missing_source_tables() %}
    {% if execute and flags.WHICH in ['build', 'run', 'test'] %}
        {% for source in graph.sources.values() %}
            {% do run_query('create schema if not exists ' ~ source.schema) %}
            {% set columns = [] %}
            {% for column in source.columns.values() %}
                {% do columns.append(column.name ~ ' ' ~ column.data_type) %}
            {% endfor %}
            {% do run_query(
                'create table if not exists ' ~ source.schema ~ '.' ~ source.identifier
                ~ ' (' ~ columns | join(', ') ~ ')'
            ) %}
        {% endfor %}
    {% endif %}
{% endmacro %}
