with accounts as (
    select * from {{ ref('dim_accounts') }}
),

csms as (
    select * from {{ ref('int_csms') }}
),

recipients as (
    select * from {{ ref('recipients') }}
),

rollout as (
    select * from {{ ref('int_rollout') }}
)

select
    accounts.account_id,
    recipients.role as recipient_role,
    recipients.channel,
    case
        when recipients.role = 'account' then accounts.account_id
        when recipients.channel = 'slack' then coalesce(csms.slack_id, recipients.fallback_address)
        when recipients.channel = 'email' then coalesce(csms.email, recipients.fallback_address)
    end as recipient,
    case when recipients.role = 'account' then accounts.name else csms.name end as recipient_name
from accounts
cross join rollout
inner join recipients
    on recipients.valid_from = {{ policy_version(ref('recipients'), 'rollout.as_of') }}
left join csms on accounts.csm_id = csms.csm_id
