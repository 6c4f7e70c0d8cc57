{#
    The words of a system that mean a word of the contract: a select of `source_value` (lower case) and `value`, of the
    version of the seed in force as of the latest run. Feeds show what is true now, so one version is enough.
#}
{% macro vocabulary(system, field) -%}
    select
        words.source_value,
        words.value
    from {{ ref('vocabulary') }} as words
    where
        words.system = '{{ system }}'
        and words.field = '{{ field }}'
        and words.valid_from = (
            select max(versions.valid_from)
            from {{ ref('vocabulary') }} as versions
            where
                versions.valid_from <= coalesce(
                    (select max_by(runs.as_of, runs.run_id) from {{ ref('stg_tierline__runs') }} as runs),
                    cast('9999-12-31' as date)
                )
        )
{%- endmacro %}
