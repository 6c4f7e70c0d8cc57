{{ config(materialized='table') }}

with freshness as (
    select * from {{ ref('fct_feed_freshness') }}
),

rollout as (
    select * from {{ ref('int_rollout') }}
),

plays as (
    select * from {{ ref('plays') }}
),

recipients as (
    select * from {{ ref('recipients') }}
),

guards as (
    select * from {{ ref('guards') }}
),

silent as (
    select
        *,
        coalesce(last_event_on, cast(coalesce(newest_file_at, last_loaded_at) as date)) as silent_since,
        case
            when channel is not null then concat(channel, ' usage of ', system)
            when measure = 'newest_event' then concat('usage of ', system)
            else concat(system, '.', table_name)
        end as feed
    from freshness
    where is_stale
),

alerts as (
    select
        silent.*,
        rollout.as_of,
        rollout.sla_clock_hour_utc,
        plays.* exclude (trigger_kind, trigger_key, recipient_role, cool_down_days),
        case
            when plays.channel = 'slack' then coalesce(silent.owner_slack, recipients.fallback_address)
            when plays.channel = 'email' then coalesce(silent.owner_email, recipients.fallback_address)
            else recipients.fallback_address
        end as recipient
    from silent
    cross join rollout
    inner join plays
        on plays.trigger_kind = 'feed_stale'
        and plays.valid_from = {{ policy_version(ref('plays'), 'rollout.as_of') }}
    left join recipients
        on plays.recipient_role = recipients.role
        and plays.channel = recipients.channel
        and recipients.valid_from = {{ policy_version(ref('recipients'), 'rollout.as_of') }}
),

guarded as (
    select
        alerts.*,
        guards.guard_id as suppressed_by,
        guards.words as suppressed_reason
    from alerts
    left join guards
        on guards.fact = 'no_recipient'
        and guards.valid_from = {{ policy_version(ref('guards'), 'alerts.as_of') }}
        and alerts.recipient is null
)

-- the columns of the decisions, in their order
select
    {{ hash_key(['feed', 'measure', 'play_id', 'silent_since']) }} as action_id,
    as_of as decided_for,
    cast(null as varchar) as account_id,
    play_id,
    activity,
    mode,
    channel,
    recipient,
    cast(null as varchar) as recipient_name,
    concat(
        'Nothing new from ', feed, ' since ', cast(silent_since as varchar), '; expected within ',
        expected_within_hours, ' hours. ', reason
    ) as reason,
    suppressed_by,
    suppressed_reason,
    cast(as_of + 1 as timestamp) + (sla_clock_hour_utc + sla_hours) * interval 1 hour as sla_due_at,
    template_id,
    false as is_immediate,
    priority,
    valid_from as policy_valid_from,
    silent_since as episode_started_on,
    {{ json_object({
        'account_name': "concat('All who rest on ', feed)",
        'feed': 'feed',
        'silent_since': 'silent_since',
        'expected_within_hours': 'expected_within_hours',
        'accounts_affected': 'accounts_affected',
    }) }} as facts,
    cast(null as varchar) as subject,
    cast(null as timestamp) as send_after_at,
    cast(as_of + 1 as timestamp) + (sla_clock_hour_utc + approval_hours) * interval 1 hour as expires_at,
    message_kind,
    owner
from guarded
