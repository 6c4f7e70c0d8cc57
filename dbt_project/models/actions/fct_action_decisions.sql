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

divergences as (
    select * from {{ ref('int_divergences_daily') }}
),

hits as (
    select * from {{ ref('int_guard_hits') }}
),

scopes as (
    select * from {{ ref('int_guard_scopes') }}
),

lifts as (
    select * from {{ ref('int_guard_lifts') }}
),

accounts as (
    select * from {{ ref('dim_accounts') }}
),

recipients as (
    select * from {{ ref('int_recipients') }}
),

sending_times as (
    select * from {{ ref('int_sending_times') }}
),

{{ earlier_decisions('candidates') }},

-- late news is acted on from the first day not decided yet, and today what outlasted a gap between runs
undecided as (
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
        end as free_from,
        least(candidates.lasted_through, rollout.as_of) as free_through,
        rollout.as_of,
        rollout.scored_through,
        rollout.as_of - rollout.decision_shelf_life_days as fresh_from,
        rollout.decision_shelf_life_days,
        rollout.sla_clock_hour_utc
    from candidates
    cross join rollout
    where not exists (
            select 1 from earlier
            where earlier.account_id = candidates.account_id
                and earlier.play_id = candidates.play_id
                and coalesce(earlier.subject, '') = coalesce(candidates.subject, '')
                and (earlier.action_id = candidates.action_id or earlier.decided_for >= candidates.episode_started_on)
        )
),

{{ first_free_days('undecided', 'hits') }},

{{ told_on_the_day('timed', 'facts', 'divergences', 'recipients') }},

{{ guards_of('due', 'hits', 'scopes', 'lifts') }},

{{ decided_in_turn('contenders', 'taken') }},

{{ first_guards('stops', 'stopped', 'watched') }},

{{ promised_times('due', ref('int_sla_promises')) }},

decided as (
    select
        due.*,
        first_guards.guard_id as suppressed_by,
        first_guards.words as suppressed_reason,
        coalesce(due.trigger_words, due.account_words, 'No score yet') as evidence,
        lifted_guards.words as lifted_words,
        {{ json_merged(
            json_merged(
                json_merged("coalesce(due.account_facts, '{}')", 'due.trigger_facts'),
                "case when due.unanswered_days is not null then "
                ~ json_object({'unanswered_days': 'due.unanswered_days'}) ~ " end",
            ),
            "case when due.external_id is not null then " ~ json_object({'external_id': 'due.external_id'}) ~ " end",
        ) }} as facts,
        case when delays.action_id is not null then sending_times.send_after_at end as send_after_at,
        promised.sla_due_at,
        cast(due.decided_for + 1 as timestamp)
        + (due.sla_clock_hour_utc + due.approval_hours) * interval 1 hour as expires_at
    from due
    left join first_guards on due.action_id = first_guards.action_id
    left join lifted_guards on due.action_id = lifted_guards.action_id
    left join delays on due.action_id = delays.action_id
    left join sending_times
        on due.account_id = sending_times.account_id and due.decided_for = sending_times.decided_for
    left join promised on due.action_id = promised.action_id
),

{{ lists_completed(ref('int_feed_alerts'), ref('int_staff_messages'), 'decided', 'accounts') }}

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
    concat(evidence, '. ', reason, lifted_words) as reason,
    suppressed_by,
    suppressed_reason,
    sla_due_at,
    template_id,
    is_immediate,
    priority,
    policy_valid_from,
    episode_started_on,
    facts,
    subject,
    send_after_at,
    expires_at,
    message_kind,
    owner,
    -- old news by the measure by which it would not be decided any more; without an end of approval it never is
    case
        when mode <> 'assisted' or expires_at is not null
            then
                greatest(cast(decided_for + 1 as timestamp), send_after_at, expires_at)
                + decision_shelf_life_days * interval 1 day
    end as send_until_at
from decided

union all

select
    announced.*,
    greatest(cast(announced.decided_for + 1 as timestamp), announced.send_after_at, announced.expires_at)
    + rollout.decision_shelf_life_days * interval 1 day as send_until_at
from announced
cross join rollout
where announced.action_id not in (select earlier.action_id from earlier)
order by decided_for, account_id, play_id
