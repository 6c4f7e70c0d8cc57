{{ config(materialized='table') }}

with tickets as (
    select * from {{ ref('int_tickets') }}
),

calendars as (
    select * from {{ ref('int_account_calendars') }}
),

moments as (
    {% for name in ['created', 'first_response', 'first_human_response', 'solved'] %}
        select
            concat('{{ name }} ', tickets.ticket_id) as moment_key,
            calendars.region,
            tickets.{{ name }}_at as at
        from tickets
        inner join calendars on tickets.account_id = calendars.account_id
        where tickets.{{ name }}_at is not null
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

clock as (
    {{ business_clock('moments') }}
)

select
    tickets.ticket_id,
    round(first_response.clock_minutes - created.clock_minutes, 3) as first_response_business_minutes,
    round(first_human_response.clock_minutes - created.clock_minutes, 3) as first_human_response_business_minutes,
    round(solved.clock_minutes - created.clock_minutes, 3) as resolution_business_minutes
from tickets
inner join clock as created on concat('created ', tickets.ticket_id) = created.moment_key
{% for name in ['first_response', 'first_human_response', 'solved'] %}
    left join clock as {{ name }} on concat('{{ name }} ', tickets.ticket_id) = {{ name }}.moment_key
{% endfor %}
