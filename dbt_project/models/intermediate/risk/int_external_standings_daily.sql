{{ config(materialized='table') }}

with risk_days as (
    select * from {{ ref('int_risk_days') }}
),

external_scores as (
    select * from {{ ref('fct_external_scores') }}
),

external_judgements as (
    select * from {{ ref('external_judgements') }}
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
),

-- a judgement stands until the tool says something else
spans as (
    select
        system,
        account_id,
        measure,
        score,
        label,
        observed_on,
        lead(observed_on) over (partition by system, account_id, measure order by observed_on) as superseded_on
    from external_scores
),

-- 0 well, 1 to be watched, 2 in trouble; our tiers count the same way
judged as (
    select
        risk_days.account_id,
        risk_days.scored_on,
        spans.system,
        spans.measure,
        spans.score as external_score,
        spans.label,
        spans.observed_on,
        external_judgements.standing,
        least(2, best_tiers.tier_rank - tiers.tier_rank) as own_standing
    from risk_days
    inner join spans
        on risk_days.account_id = spans.account_id
        and risk_days.scored_on >= spans.observed_on
        and risk_days.scored_on < coalesce(spans.superseded_on, date '9999-12-31')
    inner join external_judgements
        on risk_days.external_judgements_from = external_judgements.valid_from
        and spans.system = external_judgements.system
        and spans.measure = external_judgements.measure
        and external_judgements.label in (lower(coalesce(spans.label, '*')), '*')
        and (external_judgements.label <> '*' or spans.score is not null)
        and coalesce(spans.score >= external_judgements.lower_score, true)
        and coalesce(spans.score < external_judgements.upper_score, true)
    inner join tiers
        on risk_days.tier = tiers.tier
        and tiers.valid_from = {{ policy_version(ref('tiers'), 'risk_days.scored_on') }}
    inner join best_tiers on tiers.valid_from = best_tiers.valid_from
)

select
    account_id,
    scored_on,
    system,
    measure,
    external_score,
    label,
    observed_on,
    standing,
    own_standing
from judged
