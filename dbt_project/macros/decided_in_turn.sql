{#
    The CTEs `turns` (recursive, one step per day) and `stopped`: which of `contenders` the guards stop that count what was decided
    before. Day after day, and within a day by priority, because only an action that is taken starts a cool-down, is an open
    alert or counts to a weekly cap.

    `contenders` is a CTE of actions that no other guard stops: action_id, account_id, play_id, subject (never null), csm_id,
    decided_for, sent_on (the first day it may be sent, whose week a message or alert counts to), lasted_through, priority,
    is_tier_alert, counts_as_message, counts_as_alert, and what watches it: cool_down_days, awaits_end_of_alert,
    gives_way_to_tier_alert, message_cap, alert_cap (null: nothing does).
    `taken` is a CTE of what earlier builds decided, with the columns up to counts_as_alert without priority.
    `stopped` has action_id and fact, one row for each contender that is stopped.
#}
{% macro decided_in_turn(contenders, taken) %}
    {{ return(adapter.dispatch('decided_in_turn', 'tierline')(contenders, taken)) }}
{% endmacro %}

{% macro default__decided_in_turn(contenders, taken) %}
{% set known = 'account_id, play_id, subject, csm_id, decided_for, sent_on, lasted_through, is_tier_alert, counts_as_message, counts_as_alert' %}
{% set watched = 'priority, cool_down_days, awaits_end_of_alert, gives_way_to_tier_alert, message_cap, alert_cap' %}
numbered_contenders as (
    select
        contenders.*,
        dense_rank() over (order by decided_for) as step
    from {{ contenders }} as contenders
),

-- with a row that only counts the steps, for there may be nothing taken yet
first_turn as (
    select action_id, {{ known }} from {{ taken }}
    union all
    select null, null, null, null, null, null, null, null, false, false, false
),

turns as (
    select
        0 as step,
        0 as taken_in,
        action_id,
        {{ known }},
        cast(null as varchar) as fact
    from first_turn

    union all

    select * from (
        with this_turn as (
            select max(step) + 1 as step from turns
            having max(step) + 1 <= (select max(step) from numbered_contenders)
        ),

        today as (
            select
                this_turn.step,
                min(numbered_contenders.decided_for) as day,
                (select max(cool_down_days) from numbered_contenders) as longest_cool_down
            from this_turn
            inner join numbered_contenders on this_turn.step = numbered_contenders.step
            group by this_turn.step
        ),

        -- what was taken and may still matter, and who comes today
        together as (
            select
                today.step,
                turns.taken_in,
                turns.action_id,
                {{ known }},
                cast(null as integer) as priority,
                cast(null as integer) as cool_down_days,
                cast(null as boolean) as awaits_end_of_alert,
                cast(null as boolean) as gives_way_to_tier_alert,
                cast(null as integer) as message_cap,
                cast(null as integer) as alert_cap
            from turns
            cross join today
            where turns.fact is null
                and (
                    turns.action_id is null
                    or turns.decided_for > today.day - coalesce(today.longest_cool_down, 0)
                    or turns.lasted_through >= today.day
                    or turns.sent_on >= date_trunc('week', today.day)
                )

            union all

            select
                step,
                step as taken_in,
                action_id,
                {{ known }},
                {{ watched }}
            from numbered_contenders
            where step = (select step from today)
        ),

        looked_back as (
            select
                *,
                taken_in = step as is_new,
                max(case when taken_in < step then decided_for end) over same as last_taken_for,
                max(case when taken_in < step then lasted_through end) over same as open_through,
                row_number() over (
                    partition by account_id, play_id, subject, taken_in = step order by priority, action_id
                ) as place
            from together
            window same as (partition by account_id, play_id, subject)
        ),

        paced as (
            select
                *,
                case
                    when not is_new then null
                    when cool_down_days > 0
                        and (place > 1 or coalesce(last_taken_for + cool_down_days > decided_for, false))
                        then 'cooling_down'
                    when awaits_end_of_alert and (place > 1 or coalesce(open_through >= decided_for, false))
                        then 'alert_open'
                end as paced_by
            from looked_back
        ),

        -- only a message that no cap can stop any more takes another's place, or both might be lost
        told as (
            select
                *,
                coalesce(
                    paced_by,
                    case
                        when is_new
                            and gives_way_to_tier_alert
                            and max(case when is_tier_alert and paced_by is null and not counts_as_alert then 1 end)
                                over (partition by account_id, decided_for) = 1
                            then 'told_of_tier'
                    end
                ) as told_by
            from paced
        ),

        capped as (
            select
                *,
                coalesce(
                    told_by,
                    case
                        when is_new
                            and counts_as_message
                            and sum(case when counts_as_message and told_by is null then 1 else 0 end) over (
                                partition by account_id, date_trunc('week', sent_on)
                                order by taken_in, priority, action_id
                                rows between unbounded preceding and current row
                            ) > message_cap
                            then 'messages_this_week'
                        when is_new
                            and counts_as_alert
                            and sum(case when counts_as_alert and told_by is null then 1 else 0 end) over (
                                partition by csm_id, date_trunc('week', sent_on)
                                order by taken_in, priority, action_id
                                rows between unbounded preceding and current row
                            ) > alert_cap
                            then 'alerts_this_week'
                    end
                ) as capped_by
            from told
        )

        select
            step,
            taken_in,
            action_id,
            {{ known }},
            capped_by as fact
        from capped
    )
),

stopped as (
    select
        action_id,
        fact
    from turns
    where fact is not null
        and step = taken_in
)
{%- endmacro %}
