with risks as (
    select * from {{ ref('int_churn_risk_triggers') }}
),

accounts as (
    select * from {{ ref('dim_accounts') }}
)

-- the episodes of churn risk, where an executive of the customer's knows one of ours
select
    risks.account_id,
    'sponsor_needed' as trigger_kind,
    risks.trigger_key,
    risks.subject,
    risks.started_on,
    risks.lasted_through,
    risks.trigger_words,
    risks.trigger_facts
from risks
inner join accounts on risks.account_id = accounts.account_id
where accounts.has_executive_sponsor
