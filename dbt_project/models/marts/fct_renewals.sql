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

called as (
    select * from {{ ref('int_renewal_calls_daily') }}
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
        called.system_call,
        called.renewal_probability
    from risks
    inner join run on risks.date = run.as_of
    inner join accounts
        on risks.account_id = accounts.account_id
        and accounts.is_active
    inner join called
        on risks.account_id = called.account_id
        and risks.date = called.date
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
    due.system_call,
    due.renewal_probability,
    due.method,
    due.risk_band,
    due.top_signals,
    evidence.evidence,
    calls.csm_call,
    calls.csm_call_from,
    calls.external_call,
    calls.external_call_from,
    coalesce(due.system_call <> calls.csm_call, false)
    or coalesce(due.system_call <> calls.external_call, false) as is_disagreed
from due
inner join accounts on due.account_id = accounts.account_id
left join evidence on due.account_id = evidence.account_id
left join calls on due.account_id = calls.account_id
order by due.renewal_on, due.account_id
