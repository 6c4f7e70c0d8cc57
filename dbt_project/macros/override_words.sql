{# Who overrode what, why and until when, for the reason of a decision. #}
{% macro override_words(override) -%}
    concat({{ override }}.made_by, ' until ', cast({{ override }}.until_on as varchar), ': ', {{ override }}.why)
{%- endmacro %}
