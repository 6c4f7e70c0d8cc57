with run as (
    select * from {{ ref('int_run') }}
),

risks as (
    select * from {{ ref('fct_churn_risk_daily') }}
),

flags as (
    select * from {{ ref('fct_churn_risk_flags') }}
),

accounts as (
    select * from {{ ref('dim_accounts') }}
),

calls as (
    select * from {{ ref('int_renewal_judgements') }}
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

-- that a renewal is near says nothing about how it will go
flagged as (
    select
        flags.account_id,
        exp(sum(cast(ln(1 - risk_severities.risk_points) as decimal(18, 9)))) as chance
    from flags
    inner join run on flags.date = run.as_of
    inner join risk_severities
        on risk_severities.valid_from = {{ policy_version(ref('risk_severities'), 'run.as_of') }}
        and flags.severity = risk_severities.severity
    where flags.family <> 'renewal'
    group by flags.account_id
),

due as (
    select
        risks.account_id,
        run.as_of,
        run.as_of + risks.days_to_renewal as renewal_on,
        risks.days_to_renewal,
        risks.method,
        risks.risk_band,
        risks.top_signals,
        1 - risks.risk_at_renewal as renewal_probability,
        -- without a model, what the flags leave
        case
            when risks.method = 'flags' then coalesce(flagged.chance, 1)
            else 1 - coalesce(risks.risk_at_renewal, risks.risk)
        end as chance
    from risks
    inner join run on risks.date = run.as_of
    inner join accounts
        on risks.account_id = accounts.account_id
        and accounts.is_active
    inner join churn_windows
        on churn_windows.valid_from = {{ policy_version(ref('churn_windows'), 'run.as_of') }}
        and risks.days_to_renewal <= churn_windows.detection_days
    left join flagged on risks.account_id = flagged.account_id
),

called as (
    select
        due.account_id,
        max_by(renewal_calls.call, renewal_calls.call_rank) as system_call
    from due
    inner join renewal_calls
        on renewal_calls.valid_from = {{ policy_version(ref('renewal_calls'), 'due.as_of') }}
        and due.chance >= renewal_calls.lower_probability
    group by due.account_id
),

evidence as (
    select
        flags.account_id,
        string_agg(flags.evidence, '; ' order by flags.severity = 'high' desc, flags.signal) as evidence
    from flags
    inner join run on flags.date = run.as_of
    where flags.family <> 'renewal'
    group by flags.account_id
)

select
    due.account_id,
    due.renewal_on,
    due.as_of,
    due.days_to_renewal,
    accounts.segment,
    accounts.csm_id,
    accounts.arr,
    accounts.currency,
    called.system_call,
    due.renewal_probability,
    due.method,
    due.risk_band,
    due.top_signals,
    evidence.evidence,
    calls.csm_call,
    calls.csm_call_from,
    calls.external_call,
    calls.external_call_from,
    coalesce(called.system_call <> calls.csm_call, false)
    or coalesce(called.system_call <> calls.external_call, false) as is_disagreed
from due
inner join accounts on due.account_id = accounts.account_id
inner join called on due.account_id = called.account_id
left join evidence on due.account_id = evidence.account_id
left join calls on due.account_id = calls.account_id
order by due.renewal_on, due.account_id
