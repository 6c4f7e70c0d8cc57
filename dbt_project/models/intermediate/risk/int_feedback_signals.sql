with risk_days as (
    select * from {{ ref('int_risk_days') }}
),

rules as (
    select * from {{ ref('int_churn_signal_rules') }}
),

surveys as (
    select * from {{ ref('int_survey_moves_daily') }}
),

dated as (
    select
        surveys.*,
        risk_days.segment,
        risk_days.churn_signals_from,
        risk_days.survey_days
    from surveys
    inner join risk_days
        on surveys.account_id = risk_days.account_id
        and surveys.scored_on = risk_days.scored_on
),

measured as (
    select *, 'nps_detractor' as signal, lowest_score as value, cast(null as integer) as volume from dated
    union all
    select *, 'nps_fall' as signal, points_lost as value, cast(null as integer) as volume from dated
),

past as (
    {{ past_bounds('measured') }}
)

select
    {{ flag_columns() }},
    case
        when signal = 'nps_detractor'
            then concat(
                    words,
                    ': ',
                    {{ told('lowest_score') }},
                    ' of 10 on ',
                    cast(lowest_on as varchar),
                    ', the lowest of ',
                    cast(answers as varchar), ' in ', cast(survey_days as varchar), ' days'
                )
        else concat(
                words, ': ', {{ told('fallen_to') }}, ' of 10 after ', {{ told('fallen_to + value') }}
            )
    end as evidence
from past
