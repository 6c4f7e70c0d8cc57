with flags as (
    select * from {{ ref('fct_churn_risk_flags') }}
),

calls as (
    select * from {{ ref('int_renewal_calls_daily') }}
),

disagreements as (
    select * from {{ ref('int_renewal_disagreements_daily') }}
),

rollout as (
    select * from {{ ref('int_rollout') }}
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
),

diverging as (
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
),

divergences as (
    select
        *,
        date - cast(row_number() over (partition by account_id, signal order by date) as integer) as run_of_days
    from diverging
),

episodes as (
    select
        account_id,
        signal,
        min(date) as started_on,
        max(date) as lasted_through,
        min_by(evidence, date) as evidence
    from divergences
    group by account_id, signal, run_of_days
)

select
    episodes.account_id,
    'judgements_diverge' as trigger_kind,
    episodes.signal as trigger_key,
    cast(null as varchar) as subject,
    episodes.started_on,
    episodes.lasted_through,
    episodes.evidence as trigger_words,
    {{ json_object({'divergence': 'episodes.evidence'}) }} as trigger_facts
from episodes
cross join rollout
where episodes.lasted_through >= rollout.live_on
