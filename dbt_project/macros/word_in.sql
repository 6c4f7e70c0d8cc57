{# Whether a word stands in a list of words parted by spaces; `*` is every word, even an unknown one. #}
{% macro word_in(word, words) -%}
    ({{ words }} = '*' or position(concat(' ', {{ word }}, ' ') in concat(' ', {{ words }}, ' ')) > 0)
{%- endmacro %}
