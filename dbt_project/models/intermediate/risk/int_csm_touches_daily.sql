{{ config(materialized='table') }}

with risk_days as (
    select * from {{ ref('int_risk_days') }}
),

scope as (
    select * from {{ ref('int_risk_scope') }}
),

activities as (
    select * from {{ ref('int_csm_activities') }}
),

feed as (
    select cast(min(started_at) as date) as covered_from from activities
),

timeline as (
    select account_id, scored_on, true as is_reported, cast(null as date) as touched_on from risk_days
    union all
    select distinct
        activities.account_id,
        cast(activities.started_at as date) as scored_on,
        false as is_reported,
        cast(activities.started_at as date) as touched_on
    from activities
    inner join scope on activities.account_id = scope.account_id
    where activities.kind <> 'internal'
),

touches as (
    select
        account_id,
        scored_on,
        is_reported,
        max(touched_on) over (partition by account_id order by scored_on) as last_touched_on
    from timeline
)

select
    risk_days.account_id,
    risk_days.scored_on,
    touches.last_touched_on,
    -- without a touch it has been alone since it began, or since activities are on record at all
    risk_days.scored_on - coalesce(
        touches.last_touched_on,
        greatest(risk_days.started_on, feed.covered_from)
    ) as days_since_touch
from risk_days
inner join touches
    on risk_days.account_id = touches.account_id
    and risk_days.scored_on = touches.scored_on
    and touches.is_reported
cross join feed
where risk_days.scored_on >= feed.covered_from
