{{ config(materialized='table') }}

with accounts as (
    select * from {{ ref('dim_accounts') }}
),

csms as (
    select * from {{ ref('int_csms') }}
),

contacts as (
    select * from {{ ref('int_account_contacts') }}
),

recipients as (
    select * from {{ ref('recipients') }}
),

system_accounts as (
    select * from {{ ref('int_system_accounts') }}
),

rollout as (
    select * from {{ ref('int_rollout') }}
),

-- who the role means, for each account
persons as (
    select
        accounts.account_id,
        recipients.role,
        recipients.channel,
        system_accounts.external_id,
        recipients.fallback_address,
        case recipients.role
            when 'csm' then csms.csm_id
            when 'csm_manager' then managers.csm_id
            when 'cs_lead' then leads.csm_id
        end as staff_id,
        case recipients.role
            when 'account' then contacts.email
            when 'csm' then csms.email
            when 'csm_manager' then managers.email
            when 'cs_lead' then leads.email
        end as email,
        case recipients.role
            when 'csm' then csms.slack_id
            when 'csm_manager' then managers.slack_id
            when 'cs_lead' then leads.slack_id
        end as slack_id,
        case recipients.role
            when 'csm' then csms.name
            when 'csm_manager' then managers.name
            when 'cs_lead' then leads.name
        end as staff_name,
        contacts.name as contact_name,
        accounts.name as account_name
    from accounts
    cross join rollout
    inner join recipients
        on recipients.valid_from = {{ policy_version(ref('recipients'), 'rollout.as_of') }}
    left join system_accounts
        on accounts.account_id = system_accounts.account_id
        and recipients.channel = system_accounts.system
    left join csms on accounts.csm_id = csms.csm_id
    left join csms as managers on csms.manager_id = managers.csm_id
    -- the lead is whom the manager answers to
    left join csms as leads on managers.manager_id = leads.csm_id
    left join contacts
        on accounts.account_id = contacts.account_id
        and contacts.contact_rank = 1
)

select
    account_id,
    role as recipient_role,
    channel,
    external_id,
    staff_id,
    case
        when channel = 'slack' then coalesce(slack_id, fallback_address)
        when channel = 'email' then coalesce(email, fallback_address)
        when channel = 'intercom' then email
        when channel = 'webhook' then account_id
        -- the channel is a system, and what it does not know can't be written to there
        when external_id is null then null
        when role = 'account' then external_id
        else coalesce(email, fallback_address)
    end as recipient,
    case
        when role <> 'account' then staff_name
        when channel in ('email', 'intercom') then contact_name
        else account_name
    end as recipient_name
from persons
