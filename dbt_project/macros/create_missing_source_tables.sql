{#
    A table that nothing was loaded into yet does not exist, nor does a column that a newer version reads and nothing was
    loaded into since; the models that read them then find them empty instead of failing. Only for what is selected: a
    system that is left out costs nothing.
    The columns come from the sources' YAML, which a test compares with what the connectors write.
#}
{% macro create_missing_source_tables() %}
    {% if execute and flags.WHICH in ['build', 'run', 'test'] %}
        {% set existing = existing_columns() %}
        {% for source in selected_sources() %}
            {% set table = source.schema ~ '.' ~ source.identifier %}
            {% set missing = [] %}
            {% for column in source.columns.values() if column.name not in existing.get(table, []) %}
                {% do missing.append(column.name ~ ' ' ~ column.data_type) %}
            {% endfor %}
            {% if table not in existing %}
                {% do run_query('create schema if not exists ' ~ source.schema) %}
                {% do run_query('create table if not exists ' ~ table ~ ' (' ~ missing | join(', ') ~ ')') %}
            {% else %}
                {% for column in missing %}
                    {% do run_query('alter table ' ~ table ~ ' add column ' ~ column) %}
                {% endfor %}
            {% endif %}
        {% endfor %}
    {% endif %}
{% endmacro %}

{# Sources that a selected node, or the model that a selected unit test is about, reads. #}
{% macro selected_sources() %}
    {% set found = {} %}
    {% set models = graph.nodes.values() | selectattr('resource_type', 'equalto', 'model') | list %}
    {% for unique_id in selected_resources %}
        {% set parts = unique_id.split('.') %}
        {% set nodes = models | selectattr('name', 'equalto', parts[2]) | list if parts[0] == 'unit_test'
            else [graph.nodes[unique_id]] if unique_id in graph.nodes else [] %}
        {% for node in nodes if node.resource_type != 'seed' %}
            {% for parent in node.depends_on.nodes if parent in graph.sources %}
                {% do found.update({parent: graph.sources[parent]}) %}
            {% endfor %}
        {% endfor %}
    {% endfor %}
    {{ return(found.values() | list) }}
{% endmacro %}

{% macro existing_columns() %}
    {% set query %}
        select concat(table_schema, '.', table_name), column_name
        from information_schema.columns
        where table_catalog = '{{ target.database }}' and table_schema like 'raw%'
    {% endset %}
    {% set found = {} %}
    {% for table, column in run_query(query).rows %}
        {% do found.setdefault(table, []).append(column) %}
    {% endfor %}
    {{ return(found) }}
{% endmacro %}
