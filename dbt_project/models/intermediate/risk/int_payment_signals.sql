with risk_days as (
    select * from {{ ref('int_risk_days') }}
),

rules as (
    select * from {{ ref('int_churn_signal_rules') }}
),

unpaid as (
    select * from {{ ref('int_unpaid_invoices_daily') }}
),

measured as (
    select
        unpaid.*,
        risk_days.segment,
        risk_days.churn_signals_from,
        'unpaid' as signal,
        unpaid.overdue_days as value,
        unpaid.amount_usd as volume
    from unpaid
    inner join risk_days
        on unpaid.account_id = risk_days.account_id
        and unpaid.scored_on = risk_days.scored_on
    where unpaid.unpaid_invoices > 0
),

past as (
    {{ past_bounds('measured') }}
)

select
    {{ flag_columns() }},
    concat(
        words, ': ', cast(unpaid_invoices as varchar), ' past due',
        case
            when currency is not null then concat(', ', {{ told('amount') }}, ' ', currency)
            when amount_usd is not null then concat(', ', {{ told('amount_usd') }}, ' USD')
            else ''
        end,
        ', the oldest for ', {{ told('value') }}, ' days, since ', cast(oldest_due_on as varchar)
    ) as evidence
from past
