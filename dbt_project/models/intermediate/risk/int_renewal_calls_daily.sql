{{ config(materialized='table') }}

with risks as (
    select * from {{ ref('fct_churn_risk_daily') }}
),

flags as (
    select * from {{ ref('fct_churn_risk_flags') }}
),

rollout as (
    select * from {{ ref('int_rollout') }}
),

churn_windows as (
    select * from {{ ref('churn_windows') }}
),

renewal_calls as (
    select * from {{ ref('renewal_calls') }}
),

risk_severities as (
    select * from {{ ref('risk_severities') }}
),

due as (
    select risks.*
    from risks
    cross join rollout
    inner join churn_windows
        on churn_windows.valid_from = {{ policy_version(ref('churn_windows'), 'risks.date') }}
        and risks.days_to_renewal <= churn_windows.detection_days
    where risks.date >= least(rollout.live_on, rollout.as_of)
),

-- that a renewal is near says nothing about how it will go
flagged as (
    select
        flags.account_id,
        flags.date,
        exp(sum(cast(ln(1 - risk_severities.risk_points) as decimal(18, 9)))) as chance
    from flags
    inner join due
        on flags.account_id = due.account_id
        and flags.date = due.date
    inner join risk_severities
        on risk_severities.valid_from = {{ policy_version(ref('risk_severities'), 'flags.date') }}
        and flags.severity = risk_severities.severity
    where flags.family <> 'renewal'
        and due.method = 'flags'
    group by flags.account_id, flags.date
),

-- without a model, what the flags leave
chances as (
    select
        due.account_id,
        due.date,
        due.days_to_renewal,
        1 - due.risk_at_renewal as renewal_probability,
        case
            when due.method = 'flags' then coalesce(flagged.chance, 1)
            else 1 - coalesce(due.risk_at_renewal, due.risk)
        end as chance
    from due
    left join flagged
        on due.account_id = flagged.account_id
        and due.date = flagged.date
)

select
    chances.account_id,
    chances.date,
    chances.days_to_renewal,
    chances.renewal_probability,
    max_by(renewal_calls.call, renewal_calls.call_rank) as system_call
from chances
inner join renewal_calls
    on renewal_calls.valid_from = {{ policy_version(ref('renewal_calls'), 'chances.date') }}
    and chances.chance >= renewal_calls.lower_probability
group by chances.account_id, chances.date, chances.days_to_renewal, chances.renewal_probability
