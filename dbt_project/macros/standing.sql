{#
    The rows of a model as an earlier build left them, for models that come before it; none where there is none.
    Not a `ref`: that would be a circle.
#}
{% macro standing(identifier, columns, schema='intermediate') %}
    {% set relation = load_relation(api.Relation.create(
        database=target.database, schema=schema, identifier=identifier
    )) if execute else none %}
    {% if relation is not none %}
        select {% for name in columns %}{{ name }}{{ ', ' if not loop.last }}{% endfor %} from {{ relation }}
    {% else %}
        select
            {% for name, data_type in columns.items() %}
                cast(null as {{ data_type }}) as {{ name }}{{ ',' if not loop.last }}
            {% endfor %}
        where false
    {% endif %}
{% endmacro %}
