{# Whether two lists of words, parted by spaces, have one in common. #}
{% macro share_a_word(one, other) -%}
    {{ return(adapter.dispatch('share_a_word', 'tierline')(one, other)) }}
{%- endmacro %}

{% macro default__share_a_word(one, other) -%}
    coalesce(list_has_any(string_split({{ one }}, ' '), string_split({{ other }}, ' ')), false)
{%- endmacro %}
