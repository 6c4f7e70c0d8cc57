with run as (
    select * from {{ ref('int_run') }}
),

opportunities as (
    select
        *,
        coalesce(is_closed and not is_won, false) as is_lost
    from {{ ref('int_opportunities') }}
),

standings as (
    select * from {{ ref('int_external_standings') }}
),

csm_calls as (
    select * from {{ ref('csm_calls') }}
),

-- the renewal at hand: of those that close from today on the next, and one that is lost after the others
renewals as (
    select
        opportunities.account_id,
        min_by(
            opportunities.stage, (opportunities.is_lost, opportunities.closes_on, opportunities.opportunity_id)
        ) as stage,
        min_by(
            opportunities.system, (opportunities.is_lost, opportunities.closes_on, opportunities.opportunity_id)
        ) as system
    from opportunities
    cross join run
    where opportunities.kind = 'renewal'
        and opportunities.account_id is not null
        and opportunities.closes_on >= run.as_of
    group by opportunities.account_id
),

current_standings as (
    select
        standings.*,
        case standings.standing when 0 then 'likely' when 1 then 'at_risk' else 'unlikely' end as call
    from standings
    cross join run
    where coalesce(standings.superseded_on > run.as_of, true)
        and standings.observed_on <= run.as_of
),

staged as (
    select
        renewals.account_id,
        csm_calls.call as csm_call,
        concat('stage ', replace(renewals.stage, '_', ' '), ' in ', renewals.system) as csm_call_from
    from renewals
    cross join run
    inner join csm_calls
        on lower(renewals.stage) = csm_calls.stage
        and csm_calls.valid_from = {{ policy_version(ref('csm_calls'), 'run.as_of') }}

    union all

    -- the CRM may date a lost renewal on the day it was given up
    select
        account_id,
        min(call) as csm_call,
        min(concat('stage ', replace(label, '_', ' '), ' in ', system)) as csm_call_from
    from current_standings
    where measure = 'renewal_stage'
        and label = 'closed_lost'
        and account_id not in (select renewals.account_id from renewals)
    group by account_id
),

forecasts as (
    select * from current_standings
    where measure = 'renewal_forecast'
),

-- who says in so many words how a renewal will go is believed before the stage it happens to be in
csm as (
    select
        coalesce(forecasts.account_id, staged.account_id) as account_id,
        coalesce(forecasts.call, staged.csm_call) as csm_call,
        coalesce(
            'forecast of ' || cast(forecasts.observed_on as varchar), staged.csm_call_from
        ) as csm_call_from
    from staged
    full outer join forecasts on staged.account_id = forecasts.account_id
),

-- of several tools the gravest
external as (
    select
        standings.account_id,
        case max(standings.standing) when 0 then 'likely' when 1 then 'at_risk' else 'unlikely' end as external_call,
        max_by(
            concat(
                standings.system, ' ', replace(standings.measure, '_', ' '), ' ',
                coalesce(standings.label, {{ told('standings.score') }})
            ),
            (standings.standing, standings.system, standings.measure)
        ) as external_call_from
    from current_standings as standings
    -- stage and forecast are the CSM's own call
    where standings.measure not in ('renewal_stage', 'renewal_forecast')
    group by standings.account_id
)

select
    coalesce(csm.account_id, external.account_id) as account_id,
    csm.csm_call,
    csm.csm_call_from,
    external.external_call,
    external.external_call_from
from csm
full outer join external on csm.account_id = external.account_id
