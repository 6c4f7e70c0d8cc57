{# The part of an address (also of `Name <address>`) after the @, in lower case; null when there is none. #}
{% macro email_domain(email) -%}
    nullif(rtrim(split_part(lower(trim({{ email }})), '@', 2), '>'), '')
{%- endmacro %}
