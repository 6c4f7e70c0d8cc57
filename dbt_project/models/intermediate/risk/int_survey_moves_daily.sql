{{ config(materialized='table') }}

with risk_days as (
    select * from {{ ref('int_risk_days') }}
),

responses as (
    select * from {{ ref('int_survey_responses') }}
),

answers as (
    select
        account_id,
        cast(submitted_at as date) as answered_on,
        score,
        lag(score) over (partition by account_id, coalesce(email, response_id) order by submitted_at, response_id)
        - score as points_lost
    from responses
    where kind = 'nps'
)

select
    risk_days.account_id,
    risk_days.scored_on,
    count(*) as answers,
    min(answers.score) as lowest_score,
    max_by(answers.answered_on, (-answers.score, answers.answered_on)) as lowest_on,
    max(answers.points_lost) as points_lost,
    max_by(answers.score, (answers.points_lost, answers.answered_on, -answers.score))
    filter (where answers.points_lost is not null) as fallen_to
from risk_days
inner join answers
    on risk_days.account_id = answers.account_id
    and risk_days.scored_on >= answers.answered_on
    and answers.answered_on > risk_days.scored_on - risk_days.survey_days
group by risk_days.account_id, risk_days.scored_on
