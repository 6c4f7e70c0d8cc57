with daily_lists as (
    select * from {{ ref('int_daily_lists') }}
),

weekly_digests as (
    select * from {{ ref('int_weekly_digests') }}
),

rollout as (
    select * from {{ ref('int_rollout') }}
),

plays as (
    select * from {{ ref('plays') }}
),

staff_messages as (
    select * from {{ ref('staff_messages') }}
),

decided as (
    select * from {{ ref('stg_tierline__decided_actions') }}
),

csms as (
    select * from {{ ref('int_csms') }}
),

days as (
    select * from {{ ref('int_sla_days') }}
),

recipients as (
    select * from {{ ref('recipients') }}
),

guards as (
    select * from {{ ref('guards') }}
),

written as (
    select
        'daily_list' as trigger_kind,
        csm_id,
        entries,
        entries_left_out,
        lines,
        max_lines
    from daily_lists
    union all by name
    select
        'weekly_digest' as trigger_kind,
        leader_id as csm_id,
        entries,
        entries_left_out,
        lines,
        asks
    from weekly_digests
),

-- the days on which a message may be wanted that goes out the day after the last one scored, that day included
message_days as (
    select
        as_of,
        live_on,
        cast({{ day_range('as_of - 5', 'as_of + 1') }} as date) as date
    from rollout
),

rules as (
    select
        staff_messages.play_id,
        staff_messages.hour,
        max(message_days.date) as wanted_on
    from staff_messages
    inner join message_days
        on staff_messages.valid_from = {{ policy_version(ref('staff_messages'), 'message_days.as_of') }}
        and {{ word_in('cast(' ~ weekday_of('message_days.date') ~ ' as varchar)', 'staff_messages.weekdays') }}
        and message_days.live_on < message_days.date
    group by staff_messages.play_id, staff_messages.hour
),

-- who had theirs already, on the day it is wanted or since
served as (
    select distinct
        rules.play_id,
        csms.csm_id
    from rules
    inner join message_days
        on rules.wanted_on <= message_days.date
        and message_days.as_of >= message_days.date
    cross join csms
    inner join decided
        on decided.action_id = {{ hash_key(['csms.csm_id', 'rules.play_id', 'message_days.date - 1']) }}
),

-- a day's message goes out the day after, if whoever gets it works then; else, or without a build, on their next day
due as (
    select
        written.*,
        csms.name,
        rollout.as_of,
        plays.* exclude (trigger_kind, trigger_key, cool_down_days),
        case plays.channel
            when 'slack' then coalesce(csms.slack_id, recipients.fallback_address)
            when 'email' then coalesce(csms.email, recipients.fallback_address)
        end as recipient,
        days.begins_at + rules.hour * interval 1 hour as send_after_at
    from written
    cross join rollout
    inner join plays
        on written.trigger_kind = plays.trigger_kind
        and plays.valid_from = {{ policy_version(ref('plays'), 'rollout.as_of') }}
    inner join rules on plays.play_id = rules.play_id
    inner join csms on written.csm_id = csms.csm_id
    inner join days
        on written.csm_id = days.desk
        and days.clock = 'business' and days.open_minutes > 0
        and days.date = rollout.as_of + 1
    left join recipients
        on plays.recipient_role = recipients.role
        and plays.channel = recipients.channel
        and recipients.valid_from = {{ policy_version(ref('recipients'), 'rollout.as_of') }}
    left join served
        on plays.play_id = served.play_id
        and written.csm_id = served.csm_id
    where served.csm_id is null
),

guarded as (
    select
        due.*,
        guards.guard_id as suppressed_by,
        guards.words as suppressed_reason
    from due
    left join guards
        on guards.valid_from = {{ policy_version(ref('guards'), 'due.as_of') }}
        and (
            (guards.fact = 'no_recipient' and due.recipient is null)
            or (guards.fact = 'nothing_to_say' and due.entries = 0)
        )
    qualify row_number() over (partition by due.play_id, due.csm_id order by guards.priority) = 1
)

-- the columns of the decisions, in their order, and what a daily list needs to take up the day's own decisions
select
    {{ hash_key(['csm_id', 'play_id', 'as_of']) }} as action_id,
    as_of as decided_for,
    cast(null as varchar) as account_id,
    play_id,
    activity,
    mode,
    channel,
    recipient,
    name as recipient_name,
    concat(cast(entries as varchar), case when entries = 1 then ' entry. ' else ' entries. ' end, reason) as reason,
    suppressed_by,
    suppressed_reason,
    cast(null as timestamp) as sla_due_at,
    template_id,
    false as is_immediate,
    priority,
    valid_from as policy_valid_from,
    as_of as episode_started_on,
    {{ json_object({
        'account_name': "'your accounts'",
        'message_day': 'as_of + 1',
        'list_lines': 'lines',
        'list_asks': 'asks',
        'list_left_out': 'entries_left_out',
    }) }} as facts,
    csm_id as subject,
    send_after_at,
    cast(null as timestamp) as expires_at,
    message_kind,
    owner,
    entries,
    max_lines,
    reason as play_reason
from guarded
