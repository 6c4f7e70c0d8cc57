with overrides as (
    select * from {{ ref('overrides') }}
),

accounts as (
    select * from {{ ref('dim_accounts') }}
)

select
    accounts.account_id,
    'blocked' as fact,
    overrides.play_id,
    overrides.from_on as true_from,
    overrides.until_on as true_through,
    {{ override_words('overrides') }} as evidence
from overrides
inner join accounts on overrides.account_id in ('*', accounts.account_id)
where overrides.effect = 'block'
