{#
    How alike two texts' words are, from 0 to 1: the share of their trigrams (runs of three characters, of words in lower
    case without accents or punctuation) that both have. Knows no language and no corpus, so it never changes later.
#}
{% macro text_similarity(one, other) -%}
    {{ return(adapter.dispatch('text_similarity', 'tierline')(one, other)) }}
{%- endmacro %}

{% macro default__text_similarity(one, other) -%}
    coalesce(
        len(list_intersect({{ trigrams(one) }}, {{ trigrams(other) }}))
        / nullif(len(list_distinct(list_concat({{ trigrams(one) }}, {{ trigrams(other) }}))), 0),
        0
    )
{%- endmacro %}

{# The words of a text as one line: lower case, without accents or punctuation. #}
{% macro plain_words(text) -%}
    {{ return(adapter.dispatch('plain_words', 'tierline')(text)) }}
{%- endmacro %}

{% macro default__plain_words(text) -%}
    trim(regexp_replace(strip_accents(lower({{ text }})), '[^\p{L}\p{N}]+', ' ', 'g'))
{%- endmacro %}

{# The distinct trigrams of a text, as a list. #}
{% macro trigrams(text) -%}
    {{ return(adapter.dispatch('trigrams', 'tierline')(text)) }}
{%- endmacro %}

{% macro default__trigrams(text) -%}
    list_distinct(
        list_transform(
            range(1, length({{ plain_words(text) }}) + 1),
            lambda place: substr(concat(' ', {{ plain_words(text) }}, ' '), place, 3)
        )
    )
{%- endmacro %}
