{{ config(materialized='table') }}

with csms as (
    select * from {{ ref('int_csms') }}
),

accounts as (
    select * from {{ ref('dim_accounts') }}
)

-- a leader's accounts are those of the people who report to them
select
    csms.manager_id as leader_id,
    csms.csm_id,
    csms.name,
    csms.hours_per_week,
    accounts.account_id
from csms
inner join accounts on csms.csm_id = accounts.csm_id
where csms.manager_id is not null
