with usage as (
    select * from {{ ref('int_usage_daily') }}
),

health as (
    select * from {{ ref('fct_account_health_daily') }}
),

usage_nudges as (
    select * from {{ ref('usage_nudges') }}
),

rollout as (
    select * from {{ ref('int_rollout') }}
),

reach as (
    select max(baseline_days + longest_quiet_days + window_days) as days from usage_nudges
),

-- a day with use on any channel; asked of the events themselves, which late data may have changed since it was scored
used_days as (
    select distinct
        usage.account_id,
        usage.used_on as active_on
    from usage
    cross join rollout
    cross join reach
    where usage.used_on >= rollout.live_on - reach.days
        and usage.used_on <= rollout.as_of
),

active_days as (
    select
        account_id,
        active_on,
        lead(active_on) over (partition by account_id order by active_on) as next_active_on
    from used_days
),

-- quiet long enough to ask; how long is usual for this account is asked next
spells as (
    select
        active_days.*,
        health.usage_type,
        health.active_channels,
        usage_nudges.* exclude (valid_from, usage_type)
    from active_days
    cross join rollout
    inner join health
        on active_days.account_id = health.account_id
        and active_days.active_on = health.date
    inner join usage_nudges
        on health.usage_type = usage_nudges.usage_type
        and usage_nudges.valid_from = {{ policy_version(ref('usage_nudges'), 'active_days.active_on') }}
    where coalesce(active_days.next_active_on - 1, rollout.as_of) - active_days.active_on >= usage_nudges.min_quiet_days
),

earlier_gaps as (
    select
        spells.account_id,
        spells.active_on,
        earlier.next_active_on - earlier.active_on as gap_days,
        cume_dist() over (
            partition by spells.account_id, spells.active_on order by earlier.next_active_on - earlier.active_on
        ) as share_of_gaps
    from spells
    inner join active_days as earlier
        on spells.account_id = earlier.account_id
        and spells.active_on >= earlier.next_active_on
        and earlier.active_on >= spells.active_on - spells.baseline_days
),

rhythms as (
    select
        spells.account_id,
        spells.active_on,
        count(*) + 1 as days_active,
        min(earlier_gaps.gap_days) filter (where earlier_gaps.share_of_gaps >= spells.usual_share) as usual_gap_days
    from spells
    inner join earlier_gaps
        on spells.account_id = earlier_gaps.account_id
        and spells.active_on = earlier_gaps.active_on
    group by spells.account_id, spells.active_on
)

select
    spells.account_id,
    spells.active_on as last_active_on,
    spells.next_active_on,
    spells.usage_type,
    spells.active_channels,
    spells.audience,
    spells.window_days,
    rhythms.usual_gap_days,
    least(
        greatest(spells.min_quiet_days, cast(ceil(spells.quiet_factor * rhythms.usual_gap_days) as integer)),
        spells.longest_quiet_days
    ) as quiet_after_days
from spells
inner join rhythms
    on spells.account_id = rhythms.account_id
    and spells.active_on = rhythms.active_on
where rhythms.days_active >= spells.min_active_days
