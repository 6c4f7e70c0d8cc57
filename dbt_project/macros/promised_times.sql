{#
    The CTE `promised`: one row per action of `due` that a person has to answer, with the time its message names: `sla_due_at`;
    with a renewal ahead the earlier time of the two that `int_sla_promises` may hold for it. `promises` is that model.
#}
{% macro promised_times(due, promises) %}
promised as (
    select
        due.action_id,
        min(promises.due_at) as sla_due_at
    from {{ due }} as due
    inner join {{ promises }} as promises
        on due.play_id = promises.play_id
        and due.sla_hours = promises.sla_hours
        and due.decided_for = promises.decided_for
        and coalesce(due.csm_id, '') = promises.desk
    where promises.renewal_on is null
        or promises.renewal_on = case
            when due.trigger_kind = 'renewal_due'
                then cast({{ json_text('due.trigger_facts', "'renews_on'") }} as date)
            else cast({{ json_text('due.account_facts', "'renewal_on'") }} as date)
        end
    group by due.action_id
)
{%- endmacro %}
