with survey_responses as (
    select * from {{ ref('stg_delighted__survey_responses') }}
),

people as (
    select * from {{ ref('stg_delighted__people') }}
),

kinds as (
    {{ vocabulary('delighted', 'survey_kind') }}
)

select
    survey_responses.response_id as record_id,
    survey_responses.account_id as account_record_id,
    survey_responses.person_id as user_record_id,
    coalesce(survey_responses.email, people.email) as email,
    survey_responses.submitted_at,
    kinds.value as kind,
    survey_responses.score,
    survey_responses.comment
from survey_responses
left join people on survey_responses.person_id = people.person_id
-- other kinds of questions have scales of their own
inner join kinds on lower(survey_responses.survey_type) = kinds.source_value
where survey_responses.score is not null and survey_responses.submitted_at is not null
