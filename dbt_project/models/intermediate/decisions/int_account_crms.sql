{{ config(materialized='table') }}

with accounts as (
    select * from {{ ref('dim_accounts') }}
),

csms as (
    select * from {{ ref('int_csms') }}
),

system_accounts as (
    select * from {{ ref('int_system_accounts') }}
),

crm_order as (
    select * from {{ ref('crm_order') }}
),

rollout as (
    select * from {{ ref('int_rollout') }}
)

select
    accounts.account_id,
    arg_min(crm_order.channel, crm_order.place) as channel
from accounts
cross join rollout
inner join crm_order
    on crm_order.valid_from = {{ policy_version(ref('crm_order'), 'rollout.as_of') }}
left join csms on accounts.csm_id = csms.csm_id
left join system_accounts
    on accounts.account_id = system_accounts.account_id
    and crm_order.channel = system_accounts.system
-- a task belongs to a record and to a user; a mailbox takes whatever has neither
where crm_order.channel = 'email'
    or (system_accounts.external_id is not null and csms.email is not null)
group by accounts.account_id
