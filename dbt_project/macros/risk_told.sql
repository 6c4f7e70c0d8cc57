{# A day's risk of churn in words, of a relation with risk, risk_band, method and top_signals; null where it has no row. #}
{% macro risk_words(risks) -%}
    case {{ risks }}.method
        when 'model' then concat('Churn risk ', {{ told('100 * ' ~ risks ~ '.risk') }}, ' %')
        when 'flags' then concat('Signals of churn add up to ', {{ told('100 * ' ~ risks ~ '.risk') }}, ' of 100')
    end
    || concat(' (', {{ risks }}.risk_band, ')', coalesce(': ' || {{ risks }}.top_signals, ''))
{%- endmacro %}

{# The same as facts for a message. #}
{% macro risk_facts(risks) -%}
    case
        when {{ risks }}.method is not null
            then
                {{ json_object({
                    'risk': risks ~ '.risk',
                    'risk_band': risks ~ '.risk_band',
                    'risk_method': risks ~ '.method',
                    'risk_signals': risks ~ '.top_signals',
                }) }}
    end
{%- endmacro %}
