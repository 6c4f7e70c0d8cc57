{{ config(materialized='table') }}

with features as (
    select * from {{ ref('int_churn_features') }}
),

accounts as (
    select * from {{ ref('int_accounts') }}
),

run as (
    select * from {{ ref('int_run') }}
),

risk_model as (
    select * from {{ ref('risk_model') }}
)

-- fixed days, so that a history built at once and one that grew day by day learn from the same rows
select
    features.* exclude (days_to_renewal, policy_fingerprint),
    accounts.churned_on
from features
inner join accounts on features.account_id = accounts.account_id
cross join run
inner join risk_model on risk_model.valid_from = {{ policy_version(ref('risk_model'), 'run.as_of') }}
where (features.scored_on - date '2000-01-03') % risk_model.anchor_every_days = 0
    and features.scored_on >= run.as_of - risk_model.history_days - risk_model.walk_forward_months * 31
    -- from the day an account gives notice its behaviour is no warning any more
    and features.scored_on < coalesce(accounts.churned_on - risk_model.notice_days, date '9999-12-31')
