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

best_tiers as (
    select
        valid_from,
        max(tier_rank) as tier_rank
    from tiers
    group by valid_from
)

-- 0 well, 1 to be watched, 2 in trouble: our tiers are counted the same way
select
    risk_days.account_id,
    risk_days.scored_on,
    standings.system,
    standings.measure,
    standings.score as external_score,
    standings.label,
    standings.observed_on,
    standings.standing,
    least(2, best_tiers.tier_rank - tiers.tier_rank) as own_standing
from risk_days
inner join standings
    on risk_days.account_id = standings.account_id
    and risk_days.scored_on >= standings.observed_on
    and risk_days.scored_on < coalesce(standings.superseded_on, date '9999-12-31')
inner join tiers
    on risk_days.tier = tiers.tier
    and tiers.valid_from = {{ policy_version(ref('tiers'), 'risk_days.scored_on') }}
inner join best_tiers on tiers.valid_from = best_tiers.valid_from
