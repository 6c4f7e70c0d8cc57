{{ config(materialized='table') }}

with external_scores as (
    select * from {{ ref('fct_external_scores') }}
),

external_judgements as (
    select * from {{ ref('external_judgements') }}
),

accounts as (
    select * from {{ ref('int_accounts') }}
),

churn_windows as (
    select * from {{ ref('churn_windows') }}
),

-- a judgement stands until the tool says something else
sayings as (
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

-- the anniversaries around a forecast or a loss: months are counted, not days
terms as (
    select
        sayings.system,
        sayings.account_id,
        sayings.measure,
        sayings.observed_on,
        {{ months_later('accounts.renewal_on', whole_terms(
            'accounts.renewal_on', 'sayings.observed_on', 'churn_windows.contract_term_months'
        )) }} as this_term_on,
        {{ months_later('accounts.renewal_on', whole_terms(
            'accounts.renewal_on', 'sayings.observed_on', 'churn_windows.contract_term_months'
        ) ~ ' + churn_windows.contract_term_months') }} as next_term_on
    from sayings
    inner join accounts on sayings.account_id = accounts.account_id
    inner join churn_windows
        on churn_windows.valid_from = {{ policy_version(ref('churn_windows'), 'sayings.observed_on') }}
    where (sayings.measure = 'renewal_forecast' or lower(sayings.label) = 'closed_lost')
        and accounts.renewal_on is not null
),

-- a forecast or a loss is of one renewal, and over with it
spans as (
    select
        sayings.* exclude (superseded_on),
        least(
            sayings.superseded_on,
            case
                when terms.this_term_on >= sayings.observed_on then terms.this_term_on
                else terms.next_term_on
            end + 1
        ) as superseded_on
    from sayings
    left join terms
        on sayings.system = terms.system
        and sayings.account_id = terms.account_id
        and sayings.measure = terms.measure
        and sayings.observed_on = terms.observed_on
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
