{{ config(materialized='table') }}

with risk_days as (
    select * from {{ ref('int_risk_days') }}
),

standings as (
    select * from {{ ref('int_external_standings') }}
),

tiers as (
    select * from {{ ref('tiers') }}
),

-- 0 well, 1 to be watched, 2 in trouble: our tiers are counted the same way
tier_standings as (
    select
        valid_from,
        lower_bound,
        least(2, max(tier_rank) over (partition by valid_from) - tier_rank) as standing
    from tiers
),

lower_bounds as (
    select
        valid_from,
        standing,
        min(lower_bound) as lower_bound
    from tier_standings
    group by valid_from, standing
),

-- the scores that say the same as a judgement
bands as (
    select
        *,
        lead(lower_bound, 1, 100) over (partition by valid_from order by standing desc) as upper_bound
    from lower_bounds
)

select
    risk_days.account_id,
    risk_days.scored_on,
    standings.system,
    standings.measure,
    standings.score as external_score,
    standings.label,
    standings.observed_on,
    standings.standing,
    cast(
        greatest(bands.lower_bound - risk_days.score, risk_days.score - bands.upper_bound, 0) as double
    ) as points_apart
from risk_days
inner join standings
    on risk_days.account_id = standings.account_id
    and risk_days.scored_on >= standings.observed_on
    and risk_days.scored_on < coalesce(standings.superseded_on, date '9999-12-31')
inner join bands
    on standings.standing = bands.standing
    and bands.valid_from = {{ policy_version(ref('tiers'), 'risk_days.scored_on') }}
where risk_days.score is not null
