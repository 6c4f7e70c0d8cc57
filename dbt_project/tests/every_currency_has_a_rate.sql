{{ config(severity='warn') }}

-- What an account is worth in an unknown currency is unknown, so its segment rests on its employees alone.
with used as (
    select currency from {{ ref('int_golden_accounts') }}
    where arr > 0
    union all
    select currency from {{ ref('int_subscriptions') }}
    where mrr > 0
    union all
    select currency from {{ ref('int_invoices') }}
    where amount > 0
)

select
    used.currency,
    count(*) as rows_found
from used
left join {{ ref('currencies') }} as currencies on used.currency = currencies.currency
where currencies.currency is null
group by used.currency
