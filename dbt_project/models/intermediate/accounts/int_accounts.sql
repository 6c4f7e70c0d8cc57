{{ config(materialized='table') }}

with accounts as (
    select * from {{ ref('int_golden_accounts') }}
),

usage as (
    select * from {{ ref('int_usage_daily') }}
),

run as (
    select * from {{ ref('int_run') }}
),

use as (
    select
        account_id,
        min(used_on) as first_used_on,
        max(used_on) as last_used_on
    from usage
    group by account_id
),

-- an account begins with its contract or sign-up, whichever came first; lacking both, with its first use. One that has
-- churned but does not say when has left with its last use.
dated as (
    select
        accounts.* exclude (churned_on),
        coalesce(
            least(accounts.contract_started_on, cast(accounts.signed_up_at as date)),
            use.first_used_on
        ) as started_on,
        coalesce(
            accounts.churned_on,
            case
                when accounts.status = 'churned'
                    then coalesce(use.last_used_on, accounts.contract_started_on, cast(accounts.signed_up_at as date))
            end
        ) as churned_on
    from accounts
    left join use on accounts.account_id = use.account_id
)

select
    dated.*,
    -- the day of churn is the last one of its life
    least(dated.churned_on, run.as_of) as last_on,
    coalesce(dated.churned_on > run.as_of, dated.status is distinct from 'churned')
    and coalesce(dated.started_on <= run.as_of, true) as is_active
from dated
cross join run
