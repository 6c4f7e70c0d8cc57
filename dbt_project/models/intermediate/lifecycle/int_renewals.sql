with accounts as (
    select * from {{ ref('int_accounts') }}
),

opportunities as (
    select * from {{ ref('int_opportunities') }}
),

-- an account whose own date is not known renews when its open renewal opportunity closes
open_ones as (
    select
        account_id,
        min(closes_on) as closes_on
    from opportunities
    where kind = 'renewal'
        and not coalesce(is_closed, false)
    group by account_id
)

select
    accounts.account_id,
    accounts.last_on,
    accounts.started_on,
    coalesce(accounts.renewal_on, open_ones.closes_on) as renewal_on
from accounts
left join open_ones on accounts.account_id = open_ones.account_id
where coalesce(accounts.renewal_on, open_ones.closes_on) is not null
