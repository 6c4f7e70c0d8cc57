{# The probability a churn model gives for what an account's features add up to. #}
{% macro calibrated(model, contribution) -%}
    1 / (1 + exp(
        {{ model }}.slope * ({{ model }}.intercept + cast({{ contribution }} as double)) + {{ model }}.margin_offset
    ))
{%- endmacro %}
