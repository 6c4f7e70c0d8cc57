{# Before deciding: drop what a build that never finished decided; nothing of it was published. #}
{% macro forget_unfinished_decisions() %}
    {% if is_incremental() %}
        delete from {{ this }}
        where decided_for > coalesce(
            (select max(builds.as_of) from {{ ref('stg_tierline__builds') }} as builds),
            date '0001-01-01'
        )
    {% endif %}
{% endmacro %}
