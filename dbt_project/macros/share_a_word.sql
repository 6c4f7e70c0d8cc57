{# Whether two lists of words, parted by spaces, have one in common. #}
{% macro share_a_word(one, other) -%}
    {{ return(adapter.dispatch('share_a_word', 'tierline')(one, other)) }}
{%- endmacro %}

{% macro default__share_a_word(one, other) -%}
    coalesce(list_has_any(string_split({{ one }}, ' '), string_split({{ other }}, ' ')), false)
{%- endmacro %}

{# The words that two lists of words have in common, in order. #}
{% macro words_in_common(one, other) -%}
    {{ return(adapter.dispatch('words_in_common', 'tierline')(one, other)) }}
{%- endmacro %}

{% macro default__words_in_common(one, other) -%}
    array_to_string(list_sort(list_intersect(string_split({{ one }}, ' '), string_split({{ other }}, ' '))), ' ')
{%- endmacro %}
