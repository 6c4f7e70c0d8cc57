with survey_responses as (
    select * from {{ ref('stg_delighted__survey_responses') }}
)

select distinct
    account_id as record_id,
    'account_id' as field,
    account_id as value
from survey_responses
where account_id is not null
