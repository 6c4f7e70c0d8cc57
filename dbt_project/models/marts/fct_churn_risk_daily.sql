-- depends_on: {{ ref('int_risk_rescore_scope') }}
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='append_new_columns',
    pre_hook="{{ forget_rejudged('date', 'int_risk_rescore_scope') }}",
) }}

with flag_risks as (
    select * from {{ ref('int_flag_risks') }}
),

probabilities as (
    select * from {{ ref('int_churn_probabilities') }}
),

methods as (
    select * from {{ ref('int_risk_methods_daily') }}
),

risk_bands as (
    select * from {{ ref('risk_bands') }}
),

risks as (
    select
        flag_risks.account_id,
        flag_risks.scored_on,
        flag_risks.flags,
        methods.risk_bands_from,
        methods.method_fingerprint,
        probabilities.model_version,
        case when probabilities.model_version is null then 'flags' else 'model' end as method,
        cast(coalesce(probabilities.probability, flag_risks.risk) as decimal(9, 6)) as risk,
        cast(probabilities.probability_at_renewal as decimal(9, 6)) as risk_at_renewal,
        flag_risks.days_to_renewal,
        case
            when probabilities.model_version is null then flag_risks.top_signals else probabilities.top_signals
        end as top_signals
    from flag_risks
    inner join methods on flag_risks.scored_on = methods.day
    left join probabilities
        on flag_risks.account_id = probabilities.account_id
        and flag_risks.scored_on = probabilities.scored_on
),

banded as (
    select
        risks.account_id,
        risks.scored_on,
        max_by(risk_bands.band, risk_bands.band_rank) as band
    from risks
    inner join risk_bands
        on risks.risk_bands_from = risk_bands.valid_from
        and risks.method = risk_bands.method
        and risks.risk >= risk_bands.lower_bound
    group by risks.account_id, risks.scored_on
)

select
    risks.account_id,
    risks.scored_on as date,
    cast(risks.risk as double) as risk,
    banded.band as risk_band,
    risks.top_signals,
    risks.method,
    risks.model_version,
    cast(risks.flags as bigint) as flags,
    risks.days_to_renewal,
    cast(risks.risk_at_renewal as double) as risk_at_renewal,
    risks.risk_bands_from as policy_valid_from,
    risks.method_fingerprint
from risks
inner join banded
    on risks.account_id = banded.account_id
    and risks.scored_on = banded.scored_on
order by risks.scored_on, risks.account_id
