{{ config(materialized='table') }}

with contributions as (
    select * from {{ ref('int_churn_contributions') }}
),

models as (
    select * from {{ ref('int_churn_models') }}
),

parameters as (
    select * from {{ ref('int_churn_model_parameters') }}
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
        sum(
            case when feature = 'renewal_within_horizon' then 0 else cast(contribution as decimal(18, 9)) end
        ) as contribution_but_renewal,
        string_agg(words, '; ' order by place) filter (where place <= 3 and contribution > 0) as top_signals
    from ranked
    group by account_id, scored_on, model_version
),

renewal_effects as (
    select
        model_version,
        coefficient * (1 - mean) / scale as contribution
    from parameters
    where feature = 'renewal_within_horizon'
)

select
    margins.account_id,
    margins.scored_on,
    margins.model_version,
    {{ calibrated('models', 'margins.contribution') }} as probability,
    -- as if its renewal were within the horizon: what its present conduct says of a renewal that is further away
    {{ calibrated(
        'models', 'margins.contribution_but_renewal + coalesce(renewal_effects.contribution, 0)'
    ) }} as probability_at_renewal,
    margins.top_signals
from margins
inner join models on margins.model_version = models.model_version
left join renewal_effects on margins.model_version = renewal_effects.model_version
