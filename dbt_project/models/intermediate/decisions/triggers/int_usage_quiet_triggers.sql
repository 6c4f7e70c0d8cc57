{{ config(materialized='table') }}

with spells as (
    select * from {{ ref('int_quiet_spells') }}
),

accounts as (
    select * from {{ ref('int_accounts') }}
),

rollout as (
    select * from {{ ref('int_rollout') }}
),

episodes as (
    select
        spells.*,
        spells.last_active_on + spells.quiet_after_days as started_on,
        least(
            spells.next_active_on - 1,
            spells.last_active_on + spells.quiet_after_days + spells.window_days - 1,
            accounts.last_on,
            rollout.as_of
        ) as lasted_through
    from spells
    inner join accounts on spells.account_id = accounts.account_id
    cross join rollout
)

select
    episodes.account_id,
    'usage_quiet' as trigger_kind,
    episodes.audience as trigger_key,
    cast(null as varchar) as subject,
    episodes.started_on,
    episodes.lasted_through,
    concat(
        'No use on any channel for ', cast(episodes.quiet_after_days as varchar), ' days, since ',
        cast(episodes.last_active_on as varchar), '; ', replace(episodes.usage_type, '_', ' '),
        ' account that is usually back within ', cast(episodes.usual_gap_days as varchar),
        case when episodes.usual_gap_days = 1 then ' day' else ' days' end
    ) as trigger_words,
    {{ json_object({
        'usage_type': 'episodes.usage_type',
        'quiet_days': 'episodes.quiet_after_days',
        'last_active_on': 'episodes.last_active_on',
        'usual_gap_days': 'episodes.usual_gap_days',
        'channels_before': 'episodes.active_channels',
    }) }} as trigger_facts
from episodes
cross join rollout
where episodes.lasted_through >= greatest(episodes.started_on, rollout.live_on)
