{{ config(materialized='table') }}

with external_scores as (
    select * from {{ ref('fct_external_scores') }}
),

external_judgements as (
    select * from {{ ref('external_judgements') }}
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
)

select
    spans.system,
    spans.account_id,
    spans.measure,
    spans.score,
    spans.label,
    spans.observed_on,
    spans.superseded_on,
    external_judgements.standing
from spans
inner join external_judgements
    on spans.system = external_judgements.system
    and spans.measure = external_judgements.measure
    and external_judgements.label in (lower(coalesce(spans.label, '*')), '*')
    and (external_judgements.label <> '*' or spans.score is not null)
    and coalesce(spans.score >= external_judgements.lower_score, true)
    and coalesce(spans.score < external_judgements.upper_score, true)
    and external_judgements.valid_from = {{ policy_version(ref('external_judgements'), 'spans.observed_on') }}
