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

silent as (
    select
        *,
        coalesce(last_event_on, cast(last_loaded_at as date)) as silent_since,
        case
            when measure = 'newest_event' then concat('usage of ', system)
            else concat(system, '.', table_name)
        end as feed
    from freshness
    where is_stale
)

select
    {{ hash_key(['silent.feed', 'silent.measure', 'plays.play_id', 'silent.silent_since']) }} as action_id,
    rollout.as_of as decided_for,
    plays.play_id,
    plays.activity,
    plays.mode,
    plays.channel,
    case
        when plays.channel = 'slack' then coalesce(silent.owner_slack, recipients.fallback_address)
        when plays.channel = 'email' then coalesce(silent.owner_email, recipients.fallback_address)
        else recipients.fallback_address
    end as recipient,
    concat(
        'Nothing new from ', silent.feed, ' since ', cast(silent.silent_since as varchar), '; expected within ',
        silent.expected_within_hours, ' hours. ', plays.reason
    ) as reason,
    plays.sla_hours,
    rollout.sla_clock_hour_utc,
    plays.template_id,
    plays.priority,
    plays.valid_from as policy_valid_from,
    silent.silent_since as episode_started_on,
    {{ json_object({
        'account_name': "concat('All who rest on ', silent.feed)",
        'feed': 'silent.feed',
        'silent_since': 'silent.silent_since',
        'expected_within_hours': 'silent.expected_within_hours',
        'accounts_affected': 'silent.accounts_affected',
    }) }} as facts
from silent
cross join rollout
inner join plays
    on plays.trigger_kind = 'feed_stale'
    and plays.valid_from = {{ policy_version(ref('plays'), 'rollout.as_of') }}
left join recipients
    on plays.recipient_role = recipients.role
    and plays.channel = recipients.channel
    and recipients.valid_from = {{ policy_version(ref('recipients'), 'rollout.as_of') }}
