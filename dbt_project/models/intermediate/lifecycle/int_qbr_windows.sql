{{ config(materialized='table') }}

with dues as (
    select * from {{ ref('int_qbr_dues') }}
),

health as (
    select * from {{ ref('fct_account_health_daily') }}
),

rollout as (
    select * from {{ ref('int_rollout') }}
),

opening as (
    select
        dues.*,
        dues.due_on - dues.lead_days as opens_on,
        greatest(dues.due_on - dues.lead_days, rollout.live_on) as open_from
    from dues
    cross join rollout
),

-- the first day that a review is due by the segment the account has that day, whatever it was when the wait began
reached as (
    select
        opening.*,
        health.date as acted_on
    from opening
    inner join health
        on opening.account_id = health.account_id
        and opening.segment = health.segment
        and health.date between opening.open_from and opening.lasted_through
    qualify row_number() over (
            partition by opening.account_id, opening.last_review_on order by health.date
        ) = 1
)

-- a segment that came later makes it due when it comes, not before
select
    * exclude (due_on, opens_on, open_from, acted_on),
    case when acted_on > open_from then greatest(due_on, acted_on) else due_on end as due_on,
    case when acted_on > open_from then acted_on else opens_on end as opens_on,
    acted_on
from reached
