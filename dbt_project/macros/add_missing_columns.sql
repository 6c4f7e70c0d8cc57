{#
    Before an incremental model reads its own table: give a table of an earlier version the columns that came since. dbt would
    add them only after the model's query ran.
#}
{% macro add_missing_columns() %}
    {% if execute and is_incremental() %}
        {% set there = adapter.get_columns_in_relation(this) | map(attribute='name') | list %}
        {% for column in model.columns.values() if column.name not in there %}
            alter table {{ this }} add column {{ column.name }} {{ column.data_type }};
        {% endfor %}
    {% endif %}
{% endmacro %}
