{#
    Which of a system's words stands in a text: a select of `record_id` and `value`, the longest word's, for rows of
    `records` (record_id, text). Whole words only, of any script, whatever stands between them.
#}
{% macro words_found(system, field, records) -%}
    select
        record_id,
        value
    from (
        select
            records.record_id,
            words.value,
            row_number() over (
                partition by records.record_id
                order by length(words.spaced) desc, words.spaced
            ) as place
        from (select record_id, {{ spaced_words('text') }} as spaced from {{ records }}) as records
        inner join (
            select value, {{ spaced_words('source_value') }} as spaced from ({{ vocabulary(system, field) }}) as given
        ) as words on contains(records.spaced, words.spaced)
    ) as found
    where place = 1
{%- endmacro %}
