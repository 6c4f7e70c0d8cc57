{{ config(materialized='table') }}

with scope as (
    select * from {{ ref('int_risk_scope') }}
),

features as (
    select * from {{ ref('int_churn_features') }}
),

methods as (
    select * from {{ ref('int_risk_methods_daily') }}
),

worked_out as (
    {{ standing('fct_churn_risk_daily', {
        'account_id': 'varchar', 'date': 'date', 'method_fingerprint': 'varchar',
    }, schema='marts') }}
),

-- days never worked out, or worked out by another model or other bands
unmatched as (
    select
        features.account_id,
        min(features.scored_on) as day
    from features
    inner join methods on features.scored_on = methods.day
    left join worked_out
        on features.account_id = worked_out.account_id
        and features.scored_on = worked_out.date
    where methods.method_fingerprint is distinct from worked_out.method_fingerprint
    group by features.account_id
),

to_work_out as (
    select account_id, day from unmatched
    union all
    select account_id, judge_from as day from scope
)

select
    account_id,
    min(day) as judge_from
from to_work_out
group by account_id
