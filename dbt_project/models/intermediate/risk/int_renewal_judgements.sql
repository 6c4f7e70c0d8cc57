with run as (
    select * from {{ ref('int_run') }}
),

opportunities as (
    select * from {{ ref('int_opportunities') }}
),

standings as (
    select * from {{ ref('int_external_standings') }}
),

csm_calls as (
    select * from {{ ref('csm_calls') }}
),

-- the renewal at hand: of those that close from today on, the next
renewals as (
    select
        opportunities.account_id,
        min_by(opportunities.stage, (opportunities.closes_on, opportunities.opportunity_id)) as stage,
        min_by(opportunities.system, (opportunities.closes_on, opportunities.opportunity_id)) as system
    from opportunities
    cross join run
    where opportunities.kind = 'renewal'
        and opportunities.account_id is not null
        and opportunities.closes_on >= run.as_of
    group by opportunities.account_id
),

csm as (
    select
        renewals.account_id,
        csm_calls.call as csm_call,
        concat('stage ', renewals.stage, ' in ', renewals.system) as csm_call_from
    from renewals
    cross join run
    inner join csm_calls
        on lower(renewals.stage) = csm_calls.stage
        and csm_calls.valid_from = {{ policy_version(ref('csm_calls'), 'run.as_of') }}
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
    from standings
    cross join run
    where standings.superseded_on is null
        -- the stage is the CSM's own call
        and standings.measure <> 'renewal_stage'
        and standings.observed_on <= run.as_of
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
