{#
    The CTE `first_guards`: one row per action that is stopped, with the guard that names the suppression, the first by priority.
    `stops` and `watched` are of `guards_of`, `stopped` is of `decided_in_turn`.
#}
{% macro first_guards(stops, stopped, watched) %}
all_stops as (
    select
        action_id,
        guard_id,
        priority,
        words
    from {{ stops }}

    union all

    select
        stopped.action_id,
        watched.guard_id,
        watched.priority,
        watched.words
    from {{ stopped }} as stopped
    inner join {{ watched }} as watched
        on stopped.action_id = watched.action_id
        and stopped.fact = watched.fact
),

ranked_stops as (
    select
        *,
        row_number() over (partition by action_id order by priority, words) as place
    from all_stops
),

first_guards as (
    select
        action_id,
        guard_id,
        words
    from ranked_stops
    where place = 1
)
{%- endmacro %}
