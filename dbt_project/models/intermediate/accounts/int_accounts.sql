with accounts as (
    select * from {{ ref('stg_drop_folder__accounts') }}
),

usage as (
    select * from {{ ref('int_usage_daily') }}
),

run as (
    select * from {{ ref('int_run') }}
),

first_use as (
    select
        account_id,
        min(used_on) as first_used_on
    from usage
    group by account_id
)

select
    accounts.*,
    -- an account begins with its contract or sign-up, whichever came first; lacking both, with its first use
    coalesce(
        least(accounts.contract_started_on, cast(accounts.signed_up_at as date)),
        first_use.first_used_on
    ) as started_on,
    -- the day of churn is the last one of its life
    least(accounts.churned_on, run.as_of) as last_on,
    accounts.churned_on is null or accounts.churned_on > run.as_of as is_active
from accounts
left join first_use on accounts.account_id = first_use.account_id
cross join run
