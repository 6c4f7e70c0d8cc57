with accounts as (
    select * from {{ ref('dim_accounts') }}
),

contacts as (
    select * from {{ ref('int_account_contacts') }}
    where contact_rank = 1
),

rollout as (
    select * from {{ ref('int_rollout') }}
),

-- what a system only says of now counts for every day
known as (
    select
        account_id,
        'wants_human' as fact,
        cast(null as date) as true_from,
        cast(null as varchar) as evidence
    from accounts
    where wants_human

    union all

    select
        account_id,
        'churned' as fact,
        churned_on as true_from,
        concat('on ', cast(churned_on as varchar)) as evidence
    from accounts
    where churned_on is not null

    union all

    select
        account_id,
        'contact_bounced' as fact,
        cast(null as date) as true_from,
        email as evidence
    from contacts
    where is_bounced

    union all

    select
        account_id,
        'contact_unsubscribed' as fact,
        cast(null as date) as true_from,
        email as evidence
    from contacts
    where is_unsubscribed
)

select
    known.account_id,
    known.fact,
    '*' as play_id,
    coalesce(known.true_from, rollout.live_on) as true_from,
    rollout.as_of as true_through,
    known.evidence
from known
cross join rollout
