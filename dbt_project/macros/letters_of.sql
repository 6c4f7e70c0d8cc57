{# An account's whole name, by which it is compared: small letters and digits of any script; null where it has none. #}
{% macro letters_of(name) -%}
    nullif(regexp_replace(lower(nfc_normalize({{ name }})), '[^\p{L}\p{M}\p{N}]', '', 'g'), '')
{%- endmacro %}
