with windows as (
    select * from {{ ref('int_qbr_windows') }}
),

accounts as (
    select * from {{ ref('int_accounts') }}
),

proposals as (
    select * from {{ ref('int_qbr_proposals') }}
),

run as (
    select * from {{ ref('int_run') }}
),

ranked as (
    select
        *,
        row_number() over (partition by account_id order by is_proposed desc, week_on asc) as place
    from proposals
),

proposed as (
    select
        account_id,
        max(case when place = 1 and is_proposed then week_on end) as first_week_on,
        max(case when place = 2 and is_proposed then week_on end) as second_week_on,
        max(case when place = 3 and is_proposed then week_on end) as third_week_on,
        string_agg(
            case
                when is_holiday_week and not is_after_renewal
                    then concat('week of ', cast(week_on as varchar), coalesce(' (' || holiday_names || ')', ''))
            end,
            ', ' order by week_on
        ) as weeks_off,
        count(case when is_full_week and not is_holiday_week and not is_after_renewal then 1 end) as full_weeks,
        count(case when is_after_renewal then 1 end) as late_weeks,
        count(*) as weeks
    from ranked
    group by account_id
)

select
    windows.account_id,
    accounts.csm_id,
    windows.segment,
    windows.last_review_on,
    windows.due_on,
    greatest(run.as_of - windows.due_on, 0) as days_overdue,
    windows.cadence_days,
    windows.meeting_minutes,
    windows.preparation_minutes,
    proposed.first_week_on,
    proposed.second_week_on,
    proposed.third_week_on,
    case
        when accounts.csm_id is null then 'Nobody looks after the account, so nobody can hold the review'
        when proposed.first_week_on is null and proposed.late_weeks = proposed.weeks
            then 'No week within reach comes before the renewal'
        when proposed.first_week_on is null and proposed.late_weeks > 0
            then 'No week before the renewal suits both: the CSM is booked or the customer is off'
        when proposed.first_week_on is null
            then 'No week within reach suits both: the CSM is booked or the customer is off'
        else concat_ws(
                '; ',
                'First weeks with room on both sides',
                'weeks passed over as full: ' || cast(nullif(proposed.full_weeks, 0) as varchar),
                'weeks passed over for holidays: ' || proposed.weeks_off,
                'weeks passed over as after the renewal: ' || cast(nullif(proposed.late_weeks, 0) as varchar)
            )
    end as why
from windows
cross join run
inner join accounts on windows.account_id = accounts.account_id
left join proposed on windows.account_id = proposed.account_id
where accounts.is_active
    and windows.next_review_on is null
    and windows.acted_on <= run.as_of
order by windows.due_on, windows.account_id
