{# How names of accounts are compared: small letters and digits of any script; null where a name has none. #}
{% macro first_word(name) -%}
    nullif(regexp_extract(lower(nfc_normalize({{ name }})), '[\p{L}\p{M}\p{N}]+'), '')
{%- endmacro %}

{% macro letters_of(name) -%}
    nullif(regexp_replace(lower(nfc_normalize({{ name }})), '[^\p{L}\p{M}\p{N}]', '', 'g'), '')
{%- endmacro %}
