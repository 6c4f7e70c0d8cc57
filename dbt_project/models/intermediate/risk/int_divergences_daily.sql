{{ config(materialized='table') }}

with flags as (
    select * from {{ ref('fct_churn_risk_flags') }}
),

calls as (
    select * from {{ ref('int_renewal_calls_daily') }}
),

disagreements as (
    select * from {{ ref('int_renewal_disagreements_daily') }}
),

-- two calls of a renewal that is near, in words
doubts as (
    select
        disagreements.account_id,
        disagreements.date,
        'renewal_call' as signal,
        concat(
            'We call the renewal on ', cast(disagreements.date + calls.days_to_renewal as varchar), ' ',
            replace(calls.system_call, '_', ' '),
            ' (' || {{ told('100 * calls.renewal_probability') }} || ' % that it renews)',
            case
                when calls.system_call <> disagreements.csm_call
                    then concat(
                            ', while its CSM calls it ', replace(disagreements.csm_call, '_', ' '),
                            ' (', disagreements.csm_call_from, ')'
                        )
            end,
            case
                when calls.system_call <> disagreements.external_call
                    then concat(
                            '; ',
                            disagreements.external_call_from,
                            ' says ',
                            replace(disagreements.external_call, '_', ' ')
                        )
            end
        ) as evidence
    from disagreements
    inner join calls
        on disagreements.account_id = calls.account_id
        and disagreements.date = calls.date
    where disagreements.is_disagreed
)

select
    account_id,
    date,
    signal,
    evidence
from flags
where family = 'divergence'

union all

select
    account_id,
    date,
    signal,
    evidence
from doubts
