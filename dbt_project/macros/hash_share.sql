{# A number in [0, 1) that only depends on the text: the same account always draws the same one. #}
{% macro hash_share(text) -%}
    {{ return(adapter.dispatch('hash_share', 'tierline')(text)) }}
{%- endmacro %}

{% macro default__hash_share(text) -%}
    (cast(concat('0x', left(md5({{ text }}), 8)) as bigint) / 4294967296.0)
{%- endmacro %}
