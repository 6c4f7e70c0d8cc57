{#
    The judgements that the stages of renewals are, from the day a renewal came into one: how its CSM calls it. A stage
    that is no call ends what was called before. `history`: a CTE of the record's id, its stage and the moment
    (`record_id`, `stage`, `changed_at`, `place` among those of one moment), in which other changes may stand too.
#}
{% macro renewal_stages(opportunities, history) -%}
    select
        account_record_id,
        'renewal_stage' as measure,
        cast(null as double) as score,
        stage as label,
        changed_at as recorded_at
    from (
        select
            opportunities.account_record_id,
            history.stage,
            history.changed_at,
            lag(history.stage) over (
                partition by history.record_id
                order by history.changed_at, history.place
            ) as previous_stage
        from {{ history }} as history
        inner join {{ opportunities }} as opportunities on history.record_id = opportunities.record_id
        where opportunities.kind = 'renewal'
            and opportunities.account_record_id is not null
            and history.stage is not null
    ) as stages
    where stage is distinct from previous_stage
{%- endmacro %}
