{# The part of an address (also of `Name <address>`) after the @, in lower case; null when there is none. #}
{% macro email_domain(email) -%}
    nullif(regexp_extract(lower(trim({{ email }})), '@([^@\s<>]+)>?$', 1), '')
{%- endmacro %}
