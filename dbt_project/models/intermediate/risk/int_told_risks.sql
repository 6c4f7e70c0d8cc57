{{ config(materialized='table') }}

with rollout as (
    select * from {{ ref('int_rollout') }}
),

risks as (
    select * from {{ ref('fct_churn_risk_daily') }}
),

flags as (
    select * from {{ ref('fct_churn_risk_flags') }}
),

severities as (
    select * from {{ ref('risk_severities') }}
),

models as (
    select * from {{ ref('int_churn_models') }}
),

risk_model as (
    select * from {{ ref('risk_model') }}
),

-- that a renewal is near is told with what is at stake
ranked as (
    select
        flags.account_id,
        flags.date,
        flags.evidence,
        row_number() over (
            partition by flags.account_id, flags.date
            order by severities.severity_rank desc, flags.signal asc
        ) as place
    from flags
    inner join rollout on flags.date >= rollout.live_on
    inner join severities
        on severities.valid_from = {{ policy_version(ref('risk_severities'), 'flags.date') }}
        and flags.severity = severities.severity
    where flags.family <> 'renewal'
),

seen as (
    select
        account_id,
        date,
        string_agg(evidence, '; ' order by place) as evidence
    from ranked
    where place <= 3
    group by account_id, date
)

select
    risks.account_id,
    risks.date,
    {{ risk_words('risks') }} as risk_words,
    {{ json_merged(
        risk_facts('risks'),
        json_object({'risk_evidence': 'seen.evidence', 'risk_horizon_days': 'risk_model.horizon_days'}),
    ) }} as risk_facts
from risks
inner join rollout on risks.date >= rollout.live_on
left join seen
    on risks.account_id = seen.account_id
    and risks.date = seen.date
left join models on risks.model_version = models.model_version
left join risk_model on models.policy_valid_from = risk_model.valid_from
