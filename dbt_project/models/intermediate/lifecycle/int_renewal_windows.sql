with renewals as (
    select * from {{ ref('int_renewals') }}
),

opportunities as (
    select * from {{ ref('int_opportunities') }}
),

health as (
    select * from {{ ref('fct_account_health_daily') }}
),

renewal_steps as (
    select * from {{ ref('renewal_steps') }}
),

rollout as (
    select * from {{ ref('int_rollout') }}
),

windows as (
    select
        renewals.account_id,
        renewals.renewal_on,
        renewals.last_on,
        steps.step,
        steps.segment,
        steps.exit_days_around,
        renewals.renewal_on - steps.opens_days_before as opens_on,
        renewals.renewal_on - steps.closes_days_before as closes_on,
        greatest(renewals.renewal_on - steps.opens_days_before, renewals.started_on, rollout.live_on) as acted_on,
        rollout.as_of
    from renewals
    cross join rollout
    inner join renewal_steps as steps
        on steps.valid_from = {{ policy_version(
            ref('renewal_steps'), 'renewals.renewal_on - steps.opens_days_before'
        ) }}
),

-- a renewal that is won is over, whether or not its date has moved yet
won as (
    select
        windows.account_id,
        windows.step,
        windows.segment,
        min(least(opportunities.closes_on, windows.as_of)) as won_on
    from windows
    inner join opportunities
        on windows.account_id = opportunities.account_id
        and opportunities.kind = 'renewal'
        and opportunities.is_won
        and opportunities.closes_on between windows.renewal_on - windows.exit_days_around
        and windows.renewal_on + windows.exit_days_around
    group by windows.account_id, windows.step, windows.segment
)

select
    windows.account_id,
    windows.step,
    windows.segment,
    windows.renewal_on,
    windows.opens_on,
    windows.acted_on,
    least(windows.closes_on, windows.last_on, windows.as_of, won.won_on - 1) as lasted_through
from windows
inner join health
    on windows.account_id = health.account_id
    and windows.acted_on = health.date
    and windows.segment = health.segment
left join won
    on windows.account_id = won.account_id
    and windows.step = won.step
    and windows.segment = won.segment
where least(windows.closes_on, windows.last_on, windows.as_of, won.won_on - 1) >= windows.acted_on
