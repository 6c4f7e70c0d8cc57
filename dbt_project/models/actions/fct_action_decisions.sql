-- depends_on: {{ ref('stg_tierline__decided_actions') }}
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='append_new_columns',
    full_refresh=false,
    pre_hook="{{ forget_unfinished_decisions() }}",
) }}

with recursive candidates as (
    select * from {{ ref('int_play_candidates') }}
),

rollout as (
    select * from {{ ref('int_rollout') }}
),

facts as (
    select * from {{ ref('int_decision_facts') }}
),

recipients as (
    select * from {{ ref('int_recipients') }}
),

feed_alerts as (
    select * from {{ ref('int_feed_alerts') }}
),

earlier as (
    {% if is_incremental() %}
        select * from {{ this }}
    {% else %}
        select *, first_actionable_on as decided_for, cast(null as varchar) as suppressed_by
        from candidates
        where false
    {% endif %}
),

held_accounts as (
    select facts.account_id
    from facts
    inner join rollout on facts.date = rollout.as_of
    where facts.is_stale
),

-- what late data brings to light is acted on from the first day not yet decided, if it still lasts then; and what still
-- lasts after a gap between runs is acted on today, however long ago it began
due as (
    select
        candidates.*,
        case
            when candidates.first_actionable_on < rollout.as_of - rollout.decision_shelf_life_days
                and candidates.lasted_through >= rollout.as_of
                then rollout.as_of
            {% if is_incremental() %}
                else greatest(candidates.first_actionable_on, least(rollout.scored_through + 1, rollout.as_of))
            {% else %}
                else candidates.first_actionable_on
            {% endif %}
        end as decided_for,
        rollout.as_of - rollout.decision_shelf_life_days as fresh_from,
        rollout.sla_clock_hour_utc
    from candidates
    cross join rollout
    -- what rests on a silent feed waits until it speaks again
    where not exists (
            select 1 from held_accounts
            where candidates.account_id = held_accounts.account_id
        )
        and not exists (
            select 1
            from earlier
            where earlier.account_id = candidates.account_id
                and earlier.play_id = candidates.play_id
                and (earlier.action_id = candidates.action_id or earlier.decided_for >= candidates.episode_started_on)
        )
),

last_acted as (
    select
        account_id,
        play_id,
        max(decided_for) as acted_on
    from earlier
    where suppressed_by is null
    group by account_id, play_id
),

numbered as (
    select
        due.*,
        last_acted.acted_on as last_acted_on,
        row_number() over (
            partition by due.account_id, due.play_id order by due.decided_for, due.action_id
        ) as episode_number
    from due
    left join last_acted
        on due.account_id = last_acted.account_id
        and due.play_id = last_acted.play_id
    where due.decided_for <= due.lasted_through
),

{{ paced_by_cool_down('numbered') }},

-- a person who is told of a tier that day needs no second message about the bound inside it
human_tier_plays as (
    select distinct
        numbered.account_id,
        numbered.decided_for
    from numbered
    inner join paced using (account_id, play_id, episode_number)
    where numbered.trigger_kind = 'tier_entered'
        and numbered.mode = 'human'
        and not paced.is_cooling_down
),

decided as (
    select
        numbered.*,
        facts.* exclude (account_id, date, is_stale),
        recipients.recipient,
        recipients.recipient_name,
        case
            when numbered.decided_for < numbered.fresh_from then 'too_old'
            when paced.is_cooling_down then 'cool_down'
            when numbered.trigger_kind = 'score_below' and human_tier_plays.account_id is not null
                then 'covered_by_tier_play'
            when numbered.recipient_role = 'account' and numbered.mode = 'automated' and facts.wants_human
                then 'wants_human'
            when numbered.recipient_role = 'account' and facts.holdout_group = 'holdout' then 'holdout'
            when recipients.recipient is null then 'no_recipient'
        end as suppressed_by
    from numbered
    inner join paced using (account_id, play_id, episode_number)
    inner join facts
        on numbered.account_id = facts.account_id
        and numbered.decided_for = facts.date
    left join recipients
        on numbered.account_id = recipients.account_id
        and numbered.recipient_role = recipients.recipient_role
        and numbered.channel = recipients.channel
    left join human_tier_plays
        on numbered.account_id = human_tier_plays.account_id
        and numbered.decided_for = human_tier_plays.decided_for
)

select
    action_id,
    decided_for,
    account_id,
    play_id,
    activity,
    mode,
    channel,
    recipient,
    recipient_name,
    concat(trigger_words, '. ', reason) as reason,
    suppressed_by,
    {{ suppression_words('suppressed_by') }} as suppressed_reason,
    -- a day is decided once it is over; the clock starts when people begin to work
    cast(decided_for + 1 as timestamp) + (sla_clock_hour_utc + sla_hours) * interval 1 hour as sla_due_at,
    template_id,
    coalesce(is_immediate, false) as is_immediate,
    priority,
    policy_valid_from,
    episode_started_on,
    facts
from decided

union all

select feed_alerts.*
from feed_alerts
where feed_alerts.action_id not in (select earlier.action_id from earlier)

order by decided_for, account_id, play_id
