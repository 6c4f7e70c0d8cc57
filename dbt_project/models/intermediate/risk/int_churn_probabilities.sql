{{ config(materialized='table') }}

with contributions as (
    select * from {{ ref('int_churn_contributions') }}
),

models as (
    select * from {{ ref('int_churn_models') }}
),

ranked as (
    select
        *,
        row_number() over (partition by account_id, scored_on order by contribution desc, feature asc) as place
    from contributions
),

margins as (
    select
        account_id,
        scored_on,
        model_version,
        sum(cast(contribution as decimal(18, 9))) as contribution,
        string_agg(
            concat(words, ' (+', cast(cast(contribution as decimal(9, 2)) as varchar), ')'), '; ' order by place
        ) filter (where place <= 3 and contribution > 0) as top_signals
    from ranked
    group by account_id, scored_on, model_version
)

select
    margins.account_id,
    margins.scored_on,
    margins.model_version,
    1 / (1 + exp(
        models.slope * (models.intercept + cast(margins.contribution as double)) + models.margin_offset
    )) as probability,
    margins.top_signals
from margins
inner join models on margins.model_version = models.model_version
