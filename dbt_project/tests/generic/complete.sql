{# None of the columns is ever missing: one query for all of a model's columns, as each test costs more to start than to run. #}
{% test complete(model, columns) %}
    select {{ columns | join(', ') }}
    from {{ model }}
    where {% for column in columns %}{{ column }} is null{% if not loop.last %} or {% endif %}{% endfor %}
{% endtest %}
