{{ config(materialized='table') }}

with risks as (
    select * from {{ ref('fct_churn_risk_daily') }}
),

risk_bands as (
    select * from {{ ref('risk_bands') }}
),

rollout as (
    select * from {{ ref('int_rollout') }}
),

-- in a band from its bound up, out of it below its margin, as it was in between
switched as (
    select
        risks.*,
        risk_bands.band,
        case
            when risks.risk >= risk_bands.lower_bound then true
            when risks.risk < risk_bands.lower_bound - risk_bands.recovery_margin then false
        end as turns_in
    from risks
    inner join risk_bands
        on risks.policy_valid_from = risk_bands.valid_from
        and risks.method = risk_bands.method
        and risk_bands.band_rank > 0
),

held as (
    select
        *,
        coalesce(
            last_value(turns_in ignore nulls) over (
                partition by account_id, band
                order by date
                rows between unbounded preceding and current row
            ),
            false
        ) as is_in
    from switched
),

stays as (
    select
        *,
        sum(case when is_in then 0 else 1 end) over (partition by account_id, band order by date) as stay
    from held
),

episodes as (
    select
        account_id,
        band,
        min(date) as started_on,
        max(date) as lasted_through,
        min_by(risk, date) as risk,
        min_by(risk_band, date) as risk_band,
        min_by(method, date) as method,
        min_by(top_signals, date) as top_signals
    from stays
    where is_in
    group by account_id, band, stay
)

select
    episodes.account_id,
    'churn_risk_raised' as trigger_kind,
    episodes.band as trigger_key,
    cast(null as varchar) as subject,
    episodes.started_on,
    episodes.lasted_through,
    {{ risk_words('episodes') }} as trigger_words,
    {{ risk_facts('episodes') }} as trigger_facts
from episodes
cross join rollout
where episodes.lasted_through >= rollout.live_on
