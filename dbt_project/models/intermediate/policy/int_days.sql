{{ config(materialized='table') }}

with run as (
    select * from {{ ref('int_run') }}
),

accounts as (
    select * from {{ ref('int_accounts') }}
),

bounds as (
    select
        min(accounts.started_on) as first_day,
        max(run.as_of) as last_day
    from accounts
    cross join run
)

select cast({{ day_range('first_day', 'last_day') }} as date) as day
from bounds
