{{ config(materialized='table') }}

with account_days as (
    select * from {{ ref('int_account_days') }}
),

responses as (
    select * from {{ ref('int_survey_responses') }}
),

days as (
    select
        account_id,
        scored_on,
        nps_window_days as window_days
    from account_days
),

{{ window_starts('days') }},

-- one answer per person and day: the last one; who left no address is a person of their own
answers as (
    select
        account_id,
        coalesce(email, response_id) as person,
        cast(submitted_at as date) as answered_on,
        cast(max_by(score, (submitted_at, response_id)) as decimal(4, 2)) as score
    from responses
    where kind = 'nps'
    group by account_id, coalesce(email, response_id), cast(submitted_at as date)
),

-- a person's answer counts until they answer again or it is too old
counted as (
    select
        windows.account_id,
        windows.window_days,
        answers.answered_on,
        answers.score,
        least(
            answers.answered_on + windows.window_days,
            lead(answers.answered_on) over (
                partition by windows.account_id, windows.window_days, answers.person
                order by answers.answered_on
            )
        ) as superseded_on
    from windows
    inner join answers
        on windows.account_id = answers.account_id
        and windows.opens_on <= answers.answered_on
),

steps as (
    select account_id, window_days, answered_on as step_on, 1 as answers, score from counted
    union all
    select account_id, window_days, superseded_on as step_on, -1 as answers, -score as score from counted
),

{{ rolling_totals('days', 'steps', ['answers', 'score']) }}

select
    account_id,
    scored_on,
    cast(answers as bigint) as nps_answers,
    case when answers > 0 then score / answers end as nps_average
from rolling
