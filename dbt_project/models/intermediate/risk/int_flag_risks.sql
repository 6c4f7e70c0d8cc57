{{ config(materialized='table') }}

with scope as (
    select * from {{ ref('int_risk_rescore_scope') }}
),

features as (
    select * from {{ ref('int_churn_features') }}
),

flags as (
    select * from {{ ref('fct_churn_risk_flags') }}
),

methods as (
    select * from {{ ref('int_risk_methods_daily') }}
),

severities as (
    select * from {{ ref('risk_severities') }}
),

weighed as (
    select
        flags.account_id,
        flags.date as scored_on,
        flags.evidence,
        severities.severity_rank,
        severities.risk_points,
        row_number() over (
            partition by flags.account_id, flags.date
            order by severities.severity_rank desc, flags.signal asc
        ) as place
    from flags
    inner join scope
        on flags.account_id = scope.account_id
        and flags.date >= scope.judge_from
    inner join methods on flags.date = methods.day
    inner join severities
        on methods.risk_severities_from = severities.valid_from
        and flags.severity = severities.severity
),

-- each flag takes its share of what the others leave: many small ones never add up to more than certainty
added as (
    select
        account_id,
        scored_on,
        count(*) as flags,
        max(severity_rank) as worst_severity_rank,
        round(1 - exp(sum(cast(ln(1 - risk_points) as decimal(18, 9)))), 6) as risk,
        string_agg(evidence, '; ' order by place) filter (where place <= 3) as top_signals
    from weighed
    group by account_id, scored_on
)

select
    features.account_id,
    features.scored_on,
    features.days_to_renewal,
    coalesce(added.flags, 0) as flags,
    coalesce(added.risk, 0) as risk,
    added.top_signals
from features
inner join scope
    on features.account_id = scope.account_id
    and features.scored_on >= scope.judge_from
left join added
    on features.account_id = added.account_id
    and features.scored_on = added.scored_on
