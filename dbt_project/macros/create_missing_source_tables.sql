{#
    A table that nothing was loaded into yet does not exist; the models that read it then find an empty one instead
    of failing. Only for what is selected: a system that is left out costs nothing.
    The columns come from the sources' YAML, which a test compares with what the connectors write.
#}
{% macro create_missing_source_tables() %}
    {% if execute and flags.WHICH in ['build', 'run', 'test'] %}
        {% set existing = existing_tables() %}
        {% for source in selected_sources() if (source.schema ~ '.' ~ source.identifier) not in existing %}
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

{% macro existing_tables() %}
    {% set query %}
        select concat(table_schema, '.', table_name)
        from information_schema.tables
        where table_catalog = '{{ target.database }}'
    {% endset %}
    {{ return(run_query(query).columns[0].values()) }}
{% endmacro %}
