{#
    The host of a web address as people type it: without scheme, `www.`, port and path; null where that is no name of a
    host in the net (`n/a`, `none`, a number).
#}
{% macro web_domain(address) -%}
    {% set letter = '[^/:?#;,@.\s]' %}
    nullif(
        regexp_extract(
            lower(trim({{ address }})),
            '^([a-z]+:|//|www\.)*(({{ letter }}+\.)+{{ letter }}*[^/:?#;,@.\s\d]{{ letter }}*)\.?([/:?#;,\s]|$)', 2
        ), ''
    )
{%- endmacro %}
