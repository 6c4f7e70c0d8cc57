{{ config(materialized='table') }}

with calls as (
    select * from {{ ref('int_renewal_calls_daily') }}
),

standings as (
    select * from {{ ref('int_external_standings') }}
),

opportunities as (
    select * from {{ ref('int_opportunities') }}
),

csm_calls as (
    select * from {{ ref('csm_calls') }}
),

rollout as (
    select * from {{ ref('int_rollout') }}
),

-- where a system does not date its stages, today's is taken for that of the days before; that it is lost is known today
undated as (
    select
        opportunities.account_id,
        min(
            case when coalesce(opportunities.is_closed, false) then rollout.as_of else date '1900-01-01' end
        ) as known_from,
        min_by(
            opportunities.stage,
            (coalesce(opportunities.is_closed, false), opportunities.closes_on, opportunities.opportunity_id)
        ) as stage,
        min_by(
            opportunities.system,
            (coalesce(opportunities.is_closed, false), opportunities.closes_on, opportunities.opportunity_id)
        ) as system
    from opportunities
    cross join rollout
    where opportunities.kind = 'renewal'
        and opportunities.account_id is not null
        and opportunities.closes_on >= rollout.as_of
        and (not coalesce(opportunities.is_closed, false) or not coalesce(opportunities.is_won, true))
        and opportunities.system not in (
            select standings.system from standings
            where standings.measure = 'renewal_stage'
        )
    group by opportunities.account_id
),

said as (
    select
        calls.account_id,
        calls.date,
        case standings.measure when 'renewal_forecast' then 0 when 'renewal_stage' then 1 else 3 end as place,
        standings.standing,
        case standings.standing when 0 then 'likely' when 1 then 'at_risk' else 'unlikely' end as call,
        case standings.measure
            when 'renewal_forecast' then 'forecast of ' || cast(standings.observed_on as varchar)
            when 'renewal_stage' then concat('stage ', replace(standings.label, '_', ' '), ' in ', standings.system)
            else concat(
                    standings.system, ' ', replace(standings.measure, '_', ' '), ' ',
                    coalesce(standings.label, {{ told('standings.score') }})
                )
        end as call_from
    from calls
    inner join standings
        on calls.account_id = standings.account_id
        and calls.date >= standings.observed_on
        and calls.date < coalesce(standings.superseded_on, date '9999-12-31')

    union all

    select
        calls.account_id,
        calls.date,
        2 as place,
        0 as standing,
        csm_calls.call,
        concat('stage ', replace(undated.stage, '_', ' '), ' in ', undated.system) as call_from
    from calls
    inner join undated
        on calls.account_id = undated.account_id
        and calls.date >= undated.known_from
    inner join csm_calls
        on lower(undated.stage) = csm_calls.stage
        and csm_calls.valid_from = {{ policy_version(ref('csm_calls'), 'calls.date') }}
),

-- a forecast in so many words goes before a stage; of several other tools the gravest speaks
compared as (
    select
        account_id,
        date,
        min_by(call, (place, call_from)) filter (where place < 3) as csm_call,
        min_by(call_from, (place, call_from)) filter (where place < 3) as csm_call_from,
        min_by(call, (-standing, call_from)) filter (where place = 3) as external_call,
        min_by(call_from, (-standing, call_from)) filter (where place = 3) as external_call_from
    from said
    group by account_id, date
)

select
    compared.*,
    coalesce(calls.system_call <> compared.csm_call, false)
    or coalesce(calls.system_call <> compared.external_call, false) as is_disagreed
from compared
inner join calls
    on compared.account_id = calls.account_id
    and compared.date = calls.date
