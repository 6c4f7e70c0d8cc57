{# An account's first name, by which it is compared: small letters of any script; null where it has none. #}
{% macro first_word(name) -%}
    nullif(regexp_extract(lower(nfc_normalize({{ name }})), '[\p{L}\p{M}\p{N}]+'), '')
{%- endmacro %}
