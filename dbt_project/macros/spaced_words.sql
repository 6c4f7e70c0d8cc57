{# The words of a text in small letters, of any script, with one blank before, between and behind them. #}
{% macro spaced_words(text) -%}
    concat(' ', trim(regexp_replace(lower(nfc_normalize({{ text }})), '[^\p{L}\p{M}\p{N}]+', ' ', 'g')), ' ')
{%- endmacro %}
