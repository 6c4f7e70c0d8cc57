with survey_responses as (
    select * from {{ ref('stg_drop_folder__survey_responses') }}
)

select
    response_id as record_id,
    account_id as account_record_id,
    cast(null as varchar) as user_record_id,
    email,
    submitted_at,
    kind,
    score,
    comment
from survey_responses
