{{ config(materialized='table') }}

with scoring_scope as (
    select * from {{ ref('int_scoring_scope') }}
),

accounts as (
    select * from {{ ref('int_accounts') }}
),

policy_days as (
    select * from {{ ref('int_risk_policy_days') }}
),

noted as (
    {{ standing('int_churn_features', {
        'account_id': 'varchar', 'scored_on': 'date', 'policy_fingerprint': 'varchar',
    }) }}
),

-- `--full-refresh` judges the whole history again, as it scores it again
judged as (
    select * from noted
    {% if flags.FULL_REFRESH %}
        where false
    {% endif %}
),

-- days never judged, or judged by another version of the policy
unmatched as (
    select
        accounts.account_id,
        policy_days.day
    from accounts
    inner join policy_days on policy_days.day between accounts.started_on and accounts.last_on
    left join judged
        on accounts.account_id = judged.account_id
        and policy_days.day = judged.scored_on
    where policy_days.policy_fingerprint is distinct from judged.policy_fingerprint
),

to_judge as (
    select account_id, day from unmatched
    union all
    select account_id, score_from as day from scoring_scope
)

select
    account_id,
    min(day) as judge_from
from to_judge
group by account_id
