{#
    How a record is named by those that refer to it. Salesforce writes one id in two ways: with 15 letters, and with three
    more that say which of them are large.
#}
{% macro reference_token(system, record_id) -%}
    concat(
        {{ system }}, ':',
        case
            when {{ system }} = 'salesforce' and regexp_full_match({{ record_id }}, '[[:alnum:]]{18}')
                then left({{ record_id }}, 15)
            else {{ record_id }}
        end
    )
{%- endmacro %}
