{% set mentions = [
    'users', 'usage_events', 'tickets', 'ai_conversations', 'survey_responses', 'subscriptions', 'opportunities',
    'csm_activities',
] %}

with accounts as (
    select * from {{ ref('stg_drop_folder__accounts') }}
),

-- a folder that only adds to what other systems hold mentions accounts it does not describe
mentioned as (
    {% for table in mentions %}
        select account_id from {{ ref('stg_drop_folder__' ~ table) }}
        where account_id is not null
        {{ 'union' if not loop.last }}
    {% endfor %}
)

select
    coalesce(accounts.account_id, mentioned.account_id) as record_id,
    accounts.name,
    accounts.domain,
    accounts.parent_account_id as parent_record_id,
    accounts.segment,
    accounts.industry,
    accounts.employees,
    accounts.plan,
    accounts.region,
    accounts.csm_id as csm_record_id,
    accounts.signed_up_at,
    accounts.contract_started_on,
    accounts.renewal_on,
    accounts.arr,
    accounts.currency,
    accounts.status,
    accounts.churned_on,
    accounts.wants_human,
    accounts.has_executive_sponsor,
    accounts.configuration
from accounts
full outer join mentioned on accounts.account_id = mentioned.account_id
