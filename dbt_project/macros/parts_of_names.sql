{# A company's name without its legal form: `Acme GmbH` → `Acme`. #}
{% macro without_legal_form(name) -%}
    trim(regexp_replace(
        {{ name }},
        '(?i)[\s,]+(inc|incorporated|llc|llp|ltd|limited|plc|corp|corporation|co|company|group|holdings?|gmbh|ag|se|kg|sa|sas|sarl|srl|spa|bv|nv|ab|as|aps|oy|pty|kk)\.?$',
        ''
    ))
{%- endmacro %}

{# What stands first in a domain or a name: `acme.com`, `Acme Tools` → `acme`, `Acme`. #}
{% macro first_label(name) -%}
    {{ return(adapter.dispatch('first_label', 'tierline')(name)) }}
{%- endmacro %}

{% macro default__first_label(name) -%}
    regexp_extract(trim({{ name }}), '^[\p{L}\p{N}-]+')
{%- endmacro %}

{# One row per word of a name. #}
{% macro words_of(name) -%}
    {{ return(adapter.dispatch('words_of', 'tierline')(name)) }}
{%- endmacro %}

{% macro default__words_of(name) -%}
    unnest(regexp_extract_all({{ name }}, '[\p{L}\p{N}]+'))
{%- endmacro %}
