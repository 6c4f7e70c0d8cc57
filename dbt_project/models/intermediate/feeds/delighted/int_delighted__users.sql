with survey_responses as (
    select * from {{ ref('stg_delighted__survey_responses') }}
),

people as (
    select * from {{ ref('stg_delighted__people') }}
),

respondents as (
    select
        person_id,
        max_by(account_id, submitted_at) filter (where account_id is not null) as account_id,
        max_by(email, submitted_at) filter (where email is not null) as email,
        max_by(name, submitted_at) filter (where name is not null) as name,
        min(submitted_at) as first_answered_at
    from survey_responses
    where person_id is not null
    group by person_id
)

select
    coalesce(people.person_id, respondents.person_id) as record_id,
    respondents.account_id as account_record_id,
    cast(null as varchar) as external_id,
    coalesce(people.email, respondents.email) as email,
    coalesce(people.name, respondents.name) as name,
    cast(null as varchar) as role,
    cast(null as varchar) as title,
    cast(null as boolean) as is_champion,
    coalesce(people.created_at, respondents.first_answered_at) as created_at,
    cast(null as timestamp) as deactivated_at,
    cast(null as boolean) as is_unsubscribed,
    cast(null as boolean) as is_bounced
from people
full outer join respondents on people.person_id = respondents.person_id
