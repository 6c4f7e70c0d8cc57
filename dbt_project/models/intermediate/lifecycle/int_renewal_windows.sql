with renewals as (
    select * from {{ ref('int_renewals') }}
),

opportunities as (
    select * from {{ ref('int_opportunities') }}
),

stages as (
    select * from {{ ref('fct_external_scores') }}
    where measure = 'renewal_stage'
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
        steps.ends_when_lost,
        renewals.renewal_on - steps.opens_days_before as opens_on,
        renewals.renewal_on - steps.closes_days_before as closes_on,
        greatest(renewals.renewal_on - steps.opens_days_before, renewals.started_on, rollout.live_on) as open_from,
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
),

-- one that is lost, and has no other deal still open, is over for machines from the day its CRM says so
lost as (
    select
        windows.account_id,
        windows.step,
        windows.segment,
        max(coalesce(stages.observed_on, least(opportunities.closes_on, windows.as_of))) as lost_on
    from windows
    inner join opportunities
        on windows.account_id = opportunities.account_id
        and opportunities.kind = 'renewal'
        and opportunities.closes_on between windows.renewal_on - windows.exit_days_around
        and windows.renewal_on + windows.exit_days_around
    left join stages
        on opportunities.account_id = stages.account_id
        and opportunities.system = stages.system
        and opportunities.stage = stages.label
        and opportunities.is_closed
        and stages.observed_on between windows.renewal_on - windows.exit_days_around and windows.as_of
    where windows.ends_when_lost
    group by windows.account_id, windows.step, windows.segment
    having bool_and(coalesce(opportunities.is_closed and not opportunities.is_won, false))
),

ended as (
    select
        windows.* exclude (closes_on, last_on, as_of, exit_days_around, ends_when_lost),
        least(
            windows.closes_on, windows.last_on, windows.as_of, won.won_on - 1, lost.lost_on - 1
        ) as lasted_through
    from windows
    left join won
        on windows.account_id = won.account_id
        and windows.step = won.step
        and windows.segment = won.segment
    left join lost
        on windows.account_id = lost.account_id
        and windows.step = lost.step
        and windows.segment = lost.segment
),

-- the first day that a window is open of the segment the account has that day, whatever it was when the window opened
reached as (
    select
        ended.*,
        health.date as acted_on
    from ended
    inner join health
        on ended.account_id = health.account_id
        and ended.segment = health.segment
        and health.date between ended.open_from and ended.lasted_through
    qualify row_number() over (
            partition by ended.account_id, ended.renewal_on, ended.step order by health.date
        ) = 1
)

-- a segment that came later opens the step when it comes
select
    account_id,
    step,
    segment,
    renewal_on,
    case when acted_on > open_from then acted_on else opens_on end as opens_on,
    acted_on,
    lasted_through
from reached
