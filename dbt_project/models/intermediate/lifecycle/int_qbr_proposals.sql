{{ config(materialized='table') }}

with windows as (
    select * from {{ ref('int_qbr_windows') }}
),

accounts as (
    select * from {{ ref('int_accounts') }}
),

account_calendars as (
    select * from {{ ref('int_account_calendars') }}
),

csm_weeks as (
    select * from {{ ref('int_csm_weeks') }}
),

customer_weeks as (
    select * from {{ ref('int_customer_weeks') }}
),

qbr_scheduling as (
    select * from {{ ref('qbr_scheduling') }}
),

run as (
    select * from {{ ref('int_run') }}
),

-- who waits longest comes first
due as (
    select
        windows.account_id,
        accounts.csm_id,
        windows.due_on,
        case when accounts.renewal_on > run.as_of then accounts.renewal_on end as next_renewal_on,
        account_calendars.country,
        account_calendars.weekend,
        scheduling.min_working_days,
        scheduling.max_early_days,
        row_number() over (
            partition by accounts.csm_id order by windows.due_on, windows.account_id
        ) as place
    from windows
    cross join run
    inner join qbr_scheduling as scheduling
        on scheduling.valid_from = {{ policy_version(ref('qbr_scheduling'), 'run.as_of') }}
    inner join accounts on windows.account_id = accounts.account_id
    inner join account_calendars on windows.account_id = account_calendars.account_id
    where accounts.is_active
        and accounts.csm_id is not null
        and windows.next_review_on is null
        and windows.acted_on <= run.as_of
),

-- the weeks before an account's turn are taken by those before it
room as (
    select
        *,
        sum(free_reviews) over (partition by csm_id order by week_on) as reviews_so_far
    from csm_weeks
)

select
    due.account_id,
    due.csm_id,
    room.week_on,
    customer_weeks.working_days,
    customer_weeks.holiday_names,
    room.free_reviews,
    customer_weeks.working_days < due.min_working_days as is_holiday_week,
    room.free_reviews = 0 or due.place > room.reviews_so_far as is_full_week,
    -- a review comes too late for a renewal that is over by then
    coalesce(room.week_on >= due.next_renewal_on, false) as is_after_renewal,
    customer_weeks.working_days >= due.min_working_days
    and coalesce(room.week_on < due.next_renewal_on, true)
    and room.free_reviews > 0
    and due.place <= room.reviews_so_far as is_proposed
from due
inner join room
    on due.csm_id = room.csm_id
    and room.week_on >= due.due_on - due.max_early_days
inner join customer_weeks
    on due.country is not distinct from customer_weeks.country
    and due.weekend = customer_weeks.weekend
    and room.week_on = customer_weeks.week_on
