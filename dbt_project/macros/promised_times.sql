{#
    The CTE `promised`: one row per action of `due` that a person has to answer, with the time its message names: `sla_due_at`.
    `promises` is `int_sla_promises`.
#}
{% macro promised_times(due, promises) %}
promised as (
    select
        due.action_id,
        promises.due_at as sla_due_at
    from {{ due }} as due
    inner join {{ promises }} as promises
        on due.play_id = promises.play_id
        and due.sla_hours = promises.sla_hours
        and due.decided_for = promises.decided_for
        and coalesce(due.csm_id, '') = promises.desk
)
{%- endmacro %}
