{# Before deciding: drop what a build that never finished, or failed its tests, decided; nothing of it was published. #}
{% macro forget_unfinished_decisions() %}
    {% if is_incremental() %}
        delete from {{ this }}
        where action_id not in (
            select decided_actions.action_id from {{ ref('stg_tierline__decided_actions') }} as decided_actions
        )
    {% endif %}
{% endmacro %}
