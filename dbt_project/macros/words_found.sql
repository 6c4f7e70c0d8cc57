{#
    Which of a system's words stands in a text: a select of `record_id` and `value`, the longest word's, for rows of
    `records` (record_id, text). Whole words only, whatever stands between them.
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
                order by length(words.source_value) desc, words.source_value
            ) as place
        from {{ records }} as records
        inner join ({{ vocabulary(system, field) }}) as words
            on
                concat(' ', regexp_replace(lower(records.text), '[^a-z0-9]+', ' ', 'g'), ' ')
                like concat('% ', words.source_value, ' %')
    ) as found
    where place = 1
{%- endmacro %}
