{{ config(materialized='table') }}

with risk_days as (
    select * from {{ ref('int_risk_days') }}
),

invoices as (
    select * from {{ ref('int_invoices') }}
),

currencies as (
    select * from {{ ref('currencies') }}
),

invoiced as (
    select
        account_id,
        min(issued_on) as invoiced_from
    from invoices
    group by account_id
),

-- a credit note, a draft and what was cancelled are owed by nobody, nor is what was paid on an unknown day
owed as (
    select
        invoices.account_id,
        invoices.issued_on,
        -- without another date it is due at once
        coalesce(invoices.due_on, invoices.issued_on) as due_on,
        coalesce(invoices.paid_on, date '9999-12-31') as paid_on,
        cast(invoices.amount as decimal(18, 2)) as amount,
        invoices.amount * currencies.usd_per_unit as amount_usd,
        invoices.currency
    from invoices
    left join currencies
        on invoices.currency = currencies.currency
        and currencies.valid_from = {{ policy_version(ref('currencies'), 'invoices.issued_on') }}
    where invoices.amount > 0
        and coalesce(invoices.status, 'open') not in ('draft', 'void')
        and (coalesce(invoices.status, 'open') <> 'paid' or invoices.paid_on is not null)
),

overdue as (
    select
        risk_days.account_id,
        risk_days.scored_on,
        count(*) as unpaid_invoices,
        min(owed.due_on) as oldest_due_on,
        sum(owed.amount) as amount,
        case when count(owed.amount_usd) = count(*) then sum(owed.amount_usd) end as amount_usd,
        case
            when count(owed.currency) = count(*) and min(owed.currency) = max(owed.currency) then min(owed.currency)
        end as currency
    from risk_days
    inner join owed
        on risk_days.account_id = owed.account_id
        and risk_days.scored_on >= owed.issued_on
        and risk_days.scored_on > owed.due_on
        and risk_days.scored_on < owed.paid_on
    group by risk_days.account_id, risk_days.scored_on
)

-- of who never had an invoice nothing is known; from the first one on, nothing overdue is a fact
select
    risk_days.account_id,
    risk_days.scored_on,
    coalesce(overdue.unpaid_invoices, 0) as unpaid_invoices,
    overdue.oldest_due_on,
    coalesce(risk_days.scored_on - overdue.oldest_due_on, 0) as overdue_days,
    overdue.amount,
    overdue.amount_usd,
    overdue.currency
from risk_days
inner join invoiced
    on risk_days.account_id = invoiced.account_id
    and risk_days.scored_on >= invoiced.invoiced_from
left join overdue
    on risk_days.account_id = overdue.account_id
    and risk_days.scored_on = overdue.scored_on
