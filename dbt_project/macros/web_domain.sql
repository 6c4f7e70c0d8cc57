{# The host of a web address as people type it: without scheme, `www.`, port and path; null when nothing is left. #}
{% macro web_domain(address) -%}
    nullif(
        regexp_replace(regexp_replace(lower(trim({{ address }})), '^([a-z]+:)?(//)?(www\.)?', ''), '[/:?#].*$', ''), ''
    )
{%- endmacro %}
