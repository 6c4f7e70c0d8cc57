{#
    The CTE `timed`: on which day each of `episodes` is decided. That is the first day from `free_from` to `free_through` on which
    no guard makes it wait; and of an episode that was over before there was one, its last day, so that its wait has an end.
    `episodes` is a CTE with action_id, free_from, free_through, lasted_through, as_of and scored_through (null: never);
    `hits` is a CTE of `int_guard_hits`.
#}
{% macro first_free_days(episodes, hits) %}
waits as (
    select
        episodes.action_id,
        hits.hit_from,
        hits.hit_through
    from {{ episodes }} as episodes
    inner join {{ hits }} as hits on episodes.action_id = hits.action_id
    where hits.effect = 'wait'
        and hits.lifted_words is null
),

possible_days as (
    select
        action_id,
        free_from as day
    from {{ episodes }}

    union

    select
        action_id,
        hit_through + 1 as day
    from waits
),

free_days as (
    select
        possible_days.action_id,
        min(possible_days.day) as day
    from possible_days
    inner join {{ episodes }} as episodes
        on possible_days.action_id = episodes.action_id
        and possible_days.day between episodes.free_from and episodes.free_through
    where not exists (
            select 1 from waits
            where waits.action_id = possible_days.action_id
                and possible_days.day between waits.hit_from and waits.hit_through
        )
    group by possible_days.action_id
),

waited_in_vain as (
    select distinct episodes.action_id
    from {{ episodes }} as episodes
    inner join waits
        on episodes.action_id = waits.action_id
        and episodes.lasted_through between waits.hit_from and waits.hit_through
    where episodes.lasted_through < episodes.as_of
        and episodes.lasted_through >= coalesce(episodes.scored_through, episodes.lasted_through)
),

timed as (
    select
        episodes.*,
        coalesce(free_days.day, episodes.lasted_through) as decided_for
    from {{ episodes }} as episodes
    left join free_days on episodes.action_id = free_days.action_id
    left join waited_in_vain on episodes.action_id = waited_in_vain.action_id
    where free_days.action_id is not null or waited_in_vain.action_id is not null
)
{%- endmacro %}
