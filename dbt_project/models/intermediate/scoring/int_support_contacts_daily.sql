{{ config(materialized='table') }}

{% set measures = ['tickets', 'escalated_tickets', 'weighted_contacts'] %}

with account_days as (
    select * from {{ ref('int_account_days') }}
),

tickets as (
    select * from {{ ref('int_weighted_tickets') }}
),

feed as (
    select min(created_on) as covered_from from tickets
),

days as (
    select
        account_id,
        scored_on,
        support_window_days as window_days
    from account_days
),

{{ window_starts('days') }},

contacts as (
    select
        windows.account_id,
        windows.window_days,
        tickets.created_on as happened_on,
        count(*) as tickets,
        sum(case when tickets.is_escalated then 1 else 0 end) as escalated_tickets,
        sum(tickets.contact_weight) as weighted_contacts
    from windows
    inner join tickets
        on windows.account_id = tickets.account_id
        and windows.opens_on <= tickets.created_on
    group by windows.account_id, windows.window_days, tickets.created_on
),

{{ sum_steps('contacts', measures) }},

{{ rolling_totals('days', 'steps', measures) }}

select
    rolling.account_id,
    rolling.scored_on,
    cast(rolling.tickets as bigint) as tickets,
    cast(rolling.escalated_tickets as bigint) as escalated_tickets,
    -- no support system connected by then is not the same as no contacts
    case when rolling.scored_on >= feed.covered_from then rolling.weighted_contacts end as weighted_contacts
from rolling
cross join feed
