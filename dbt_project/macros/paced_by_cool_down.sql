{#
    The recursive CTE `paced`: episode after episode of an account, play and subject, because only an action that was taken starts
    a cool-down. `episodes` is a CTE with account_id, play_id, subject, episode_number (from 1), decided_for, cool_down_days and
    last_acted_on (of earlier builds; null if never). `paced` adds whether the episode falls into a cool-down.
#}
{% macro paced_by_cool_down(episodes) %}
paced as (
    select
        numbered.*,
        coalesce(decided_for < last_acted_on + cool_down_days, false) as is_cooling_down,
        case
            when coalesce(decided_for < last_acted_on + cool_down_days, false) then last_acted_on
            else decided_for
        end as acted_on
    from {{ episodes }} as numbered
    where episode_number = 1

    union all

    select
        numbered.*,
        numbered.decided_for < paced.acted_on + numbered.cool_down_days as is_cooling_down,
        case
            when numbered.decided_for < paced.acted_on + numbered.cool_down_days then paced.acted_on
            else numbered.decided_for
        end as acted_on
    from paced
    inner join {{ episodes }} as numbered
        on paced.account_id = numbered.account_id
        and paced.play_id = numbered.play_id
        and paced.subject is not distinct from numbered.subject
        and paced.episode_number + 1 = numbered.episode_number
)
{%- endmacro %}
