-- depends_on: {{ ref('stg_tierline__decided_actions') }}
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='append_new_columns',
    full_refresh=false,
    pre_hook=["{{ add_missing_columns() }}", "{{ forget_unfinished_decisions() }}"],
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
    where not (
            candidates.rests_on_usage
            and candidates.account_id in (select held_accounts.account_id from held_accounts)
        )
        and not exists (
            select 1 from earlier
            where earlier.account_id = candidates.account_id
                and earlier.play_id = candidates.play_id
                and coalesce(earlier.subject, '') = coalesce(candidates.subject, '')
                and (earlier.action_id = candidates.action_id or earlier.decided_for >= candidates.episode_started_on)
        )
),

last_acted as (
    select
        account_id,
        play_id,
        subject,
        max(decided_for) as acted_on
    from earlier
    where suppressed_by is null
    group by account_id, play_id, subject
),

numbered as (
    select
        due.*,
        last_acted.acted_on as last_acted_on,
        row_number() over (
            partition by due.account_id, due.play_id, due.subject order by due.decided_for, due.action_id
        ) as episode_number
    from due
    left join last_acted
        on due.account_id = last_acted.account_id and due.play_id = last_acted.play_id
        and coalesce(due.subject, '') = coalesce(last_acted.subject, '')
    where due.decided_for <= due.lasted_through
),

{{ paced_by_cool_down('numbered') }},

-- a person who is told of a tier that day needs no second message about the bound inside it
human_tier_plays as (
    select distinct account_id, decided_for
    from paced
    where trigger_kind = 'tier_entered' and mode = 'human' and not is_cooling_down
),

decided as (
    select
        paced.*,
        coalesce(paced.trigger_words, facts.trigger_words) as words,
        {{ json_merged('facts.facts', 'paced.trigger_facts') }} as facts,
        facts.is_immediate,
        recipients.recipient,
        recipients.recipient_name,
        case
            when paced.decided_for < paced.fresh_from then 'too_old'
            when paced.is_cooling_down then 'cool_down'
            when paced.trigger_kind = 'score_below' and human_tier_plays.account_id is not null
                then 'covered_by_tier_play'
            when paced.recipient_role = 'account' and paced.mode = 'automated' and facts.wants_human
                then 'wants_human'
            when paced.recipient_role = 'account' and facts.holdout_group = 'holdout' then 'holdout'
            when recipients.recipient is null then 'no_recipient'
        end as suppressed_by
    from paced
    inner join facts
        on paced.account_id = facts.account_id
        and paced.decided_for = facts.date
    left join recipients
        on paced.account_id = recipients.account_id
        and paced.recipient_role = recipients.recipient_role
        and paced.channel = recipients.channel
    left join human_tier_plays
        on paced.account_id = human_tier_plays.account_id
        and paced.decided_for = human_tier_plays.decided_for
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
    concat(words, '. ', reason) as reason,
    suppressed_by,
    {{ suppression_words('suppressed_by') }} as suppressed_reason,
    -- a day is decided once it is over; the clock starts when people begin to work
    cast(decided_for + 1 as timestamp) + (sla_clock_hour_utc + sla_hours) * interval 1 hour as sla_due_at,
    template_id,
    coalesce(is_immediate, false) as is_immediate,
    priority,
    policy_valid_from,
    episode_started_on,
    facts,
    subject,
    cast(null as timestamp) as send_after_at,
    cast(decided_for + 1 as timestamp) + (sla_clock_hour_utc + approval_hours) * interval 1 hour as expires_at,
    message_kind,
    owner
from decided

union all

select feed_alerts.*
from feed_alerts
where feed_alerts.action_id not in (select earlier.action_id from earlier)

order by decided_for, account_id, play_id
