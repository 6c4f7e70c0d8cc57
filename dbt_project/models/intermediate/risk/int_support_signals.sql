with risk_days as (
    select * from {{ ref('int_risk_days') }}
),

rules as (
    select * from {{ ref('int_churn_signal_rules') }}
),

strain as (
    select * from {{ ref('int_support_strain_daily') }}
),

dated as (
    select
        strain.*,
        risk_days.segment,
        risk_days.churn_signals_from,
        risk_days.support_days,
        risk_days.recontact_days
    from strain
    inner join risk_days
        on strain.account_id = risk_days.account_id
        and strain.scored_on = risk_days.scored_on
    where strain.contacts > 0
),

measured as (
    select *, 'escalations' as signal, escalations as value, cast(null as integer) as volume from dated
    union all
    select *, 'recontacts' as signal, recontacts as value, cast(null as integer) as volume from dated
),

past as (
    {{ past_bounds('measured') }}
)

select
    {{ flag_columns() }},
    concat(
        words, ': ', {{ told('value') }}, ' of ', cast(contacts as varchar), ' contacts in ',
        cast(support_days as varchar), ' days',
        case
            when signal = 'recontacts'
                then concat(' within ', cast(recontact_days as varchar), ' days of the last about the same')
            else ''
        end
    ) as evidence
from past
