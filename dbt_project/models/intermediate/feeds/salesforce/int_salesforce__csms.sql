with users as (
    select * from {{ ref('stg_salesforce__users') }}
),

account_versions as (
    select * from {{ ref('stg_salesforce__account_versions') }}
),

statuses as (
    {{ vocabulary('salesforce', 'account_status') }}
),

-- whoever looks after a customer, or ever did: their past work counts
owners as (
    select distinct account_versions.csm_id
    from account_versions
    left join statuses on lower(trim(account_versions.status)) = statuses.source_value
    where coalesce(statuses.value, '') <> 'prospect'
)

select
    users.user_id as record_id,
    users.name,
    users.email,
    users.slack_id,
    users.manager_id as manager_record_id,
    users.hours_per_week,
    users.hourly_cost,
    users.timezone
from users
inner join owners on users.user_id = owners.csm_id
