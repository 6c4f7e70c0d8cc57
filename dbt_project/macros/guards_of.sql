{#
    The CTEs that bring guards and actions together, before what was decided earlier is counted. `due` is a CTE of actions with
    their day (decided_for), their play's policy_valid_from, recipient, is_immediate, fresh_from; `hits`, `scopes` and `lifts` are
    CTEs of the models of that name; `candidates`, `accounts`, `recipients`, `sending_times` and `earlier` must stand before.

    `watched`: one row per action and guard of policy that watches it that day; `lifted_words` says who lifted it.
    `stops`: one row per action and guard that stops it whatever was decided earlier.
    `contenders`, `taken`: what `decided_in_turn` takes.
    `delays`: one row per action that waits for working hours. `lifted_guards`: one row per action with words of who lifted what.
#}
{% macro guards_of(due, hits, scopes, lifts) %}
watched as (
    select
        due.action_id,
        scopes.guard_id,
        scopes.fact,
        scopes.priority,
        scopes.words,
        scopes.limit_value,
        max(lifts.lifted_words) as lifted_words
    from {{ due }} as due
    inner join {{ scopes }} as scopes
        on due.play_id = scopes.play_id
        and due.policy_valid_from = scopes.play_valid_from
        and due.decided_for between scopes.guard_from and scopes.guard_through
        and not (scopes.spares_immediate and due.is_immediate)
    left join {{ lifts }} as lifts
        on scopes.guard_id = lifts.guard_id
        and lifts.account_id in ('*', due.account_id)
        and lifts.play_id in ('*', due.play_id)
        and due.decided_for between lifts.lifted_from and lifts.lifted_through
    group by all
),

day_hits as (
    select
        hits.*
    from {{ due }} as due
    inner join {{ hits }} as hits
        on due.action_id = hits.action_id
        and due.decided_for between hits.hit_from and hits.hit_through
),

stops as (
    select
        action_id,
        guard_id,
        priority,
        words
    from day_hits
    where lifted_words is null

    union all

    select
        watched.action_id,
        watched.guard_id,
        watched.priority,
        watched.words
    from watched
    inner join {{ due }} as due on watched.action_id = due.action_id
    where watched.lifted_words is null
        and (
            (watched.fact = 'too_old' and due.decided_for < due.fresh_from)
            or (watched.fact = 'no_recipient' and due.recipient is null)
        )
),

counted as (
    select
        action_id,
        coalesce(bool_or(fact = 'messages_this_week'), false) as counts_as_message,
        coalesce(bool_or(fact = 'alerts_this_week'), false) as counts_as_alert,
        coalesce(bool_or(fact = 'cooling_down' and lifted_words is null), false) as cools_down,
        coalesce(bool_or(fact = 'alert_open' and lifted_words is null), false) as awaits_end_of_alert,
        coalesce(bool_or(fact = 'told_of_tier' and lifted_words is null), false) as gives_way_to_tier_alert,
        max(case when fact = 'messages_this_week' and lifted_words is null then limit_value end) as message_cap,
        max(case when fact = 'alerts_this_week' and lifted_words is null then limit_value end) as alert_cap
    from watched
    group by action_id
),

delays as (
    select action_id
    from watched
    where fact = 'outside_working_hours'
        and lifted_words is null
),

contenders as (
    select
        due.action_id,
        due.account_id,
        due.play_id,
        coalesce(due.subject, '') as subject,
        {{ bearer('due', 'due.staff_id', 'due.csm_id') }} as csm_id,
        due.decided_for,
        -- a day is decided once it is over; what waits for working hours may go out in another week
        coalesce(
            case when delays.action_id is not null then cast(sending_times.send_after_at as date) end,
            due.decided_for + 1
        ) as sent_on,
        due.lasted_through,
        due.trigger_kind = 'tier_entered' and due.mode = 'human' as is_tier_alert,
        coalesce(counted.counts_as_message, false) as counts_as_message,
        coalesce(counted.counts_as_alert, false) and {{ bearer('due', 'due.staff_id', 'due.csm_id') }} is not null
            as counts_as_alert,
        due.priority,
        case when counted.cools_down then due.cool_down_days else 0 end as cool_down_days,
        coalesce(counted.awaits_end_of_alert, false) as awaits_end_of_alert,
        coalesce(counted.gives_way_to_tier_alert, false) as gives_way_to_tier_alert,
        counted.message_cap,
        counted.alert_cap
    from {{ due }} as due
    left join counted on due.action_id = counted.action_id
    left join delays on due.action_id = delays.action_id
    left join sending_times
        on due.account_id = sending_times.account_id and due.decided_for = sending_times.decided_for
    where due.action_id not in (select stops.action_id from stops)
),

-- an account's alerts count to whom it belongs now
taken as (
    select
        earlier.action_id,
        earlier.account_id,
        earlier.play_id,
        coalesce(earlier.subject, '') as subject,
        {{ bearer('candidates', 'recipients.staff_id', 'accounts.csm_id') }} as csm_id,
        earlier.decided_for,
        coalesce(cast(earlier.send_after_at as date), earlier.decided_for + 1) as sent_on,
        candidates.lasted_through,
        false as is_tier_alert,
        coalesce(bool_or(scopes.fact = 'messages_this_week'), false) as counts_as_message,
        coalesce(
            bool_or(
                scopes.fact = 'alerts_this_week'
                and {{ bearer('candidates', 'recipients.staff_id', 'accounts.csm_id') }} is not null
            ),
            false
        ) as counts_as_alert
    from earlier
    left join candidates on earlier.action_id = candidates.action_id
    left join accounts on earlier.account_id = accounts.account_id
    left join recipients
        on earlier.account_id = recipients.account_id
        and candidates.recipient_role = recipients.recipient_role
        and candidates.channel = recipients.channel
    left join {{ scopes }} as scopes
        on earlier.play_id = scopes.play_id
        and earlier.policy_valid_from = scopes.play_valid_from
        and earlier.decided_for between scopes.guard_from and scopes.guard_through
        and not (scopes.spares_immediate and earlier.is_immediate)
    where earlier.suppressed_by is null
        and earlier.account_id is not null
    group by all
),

lifted_guards as (
    select
        action_id,
        string_agg(concat('. Guard ', guard_id, ' lifted by ', lifted_words), '' order by guard_id) as words
    from (
        select action_id, guard_id, lifted_words from day_hits
        union
        select action_id, guard_id, lifted_words from watched
        where fact in ('told_of_tier', 'cooling_down', 'alert_open', 'messages_this_week', 'alerts_this_week')
    ) as lifted
    where lifted_words is not null
    group by action_id
)
{%- endmacro %}
