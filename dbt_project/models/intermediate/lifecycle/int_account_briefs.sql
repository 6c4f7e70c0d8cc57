{{ config(materialized='table') }}

with windows as (
    select * from {{ ref('int_brief_windows') }}
),

health as (
    select * from {{ ref('fct_account_health_daily') }}
),

used as (
    select * from {{ ref('int_brief_usage') }}
),

tickets as (
    select * from {{ ref('int_tickets') }}
),

survey_responses as (
    select * from {{ ref('int_survey_responses') }}
),

csm_activities as (
    select * from {{ ref('int_csm_activities') }}
),

opportunities as (
    select * from {{ ref('int_opportunities') }}
),

calls as (
    select * from {{ ref('int_renewal_calls_daily') }}
),

disagreements as (
    select * from {{ ref('int_renewal_disagreements_daily') }}
),

asked as (
    select
        windows.account_id,
        windows.brief_on,
        count(*) as tickets_of_term,
        count(case when cast(tickets.created_at as date) > windows.brief_on - windows.recent_days then 1 end)
            as tickets_lately,
        count(
            case
                when tickets.is_escalated and cast(tickets.created_at as date) > windows.brief_on - windows.recent_days
                    then 1
            end
        ) as escalations_lately,
        count(case when cast(tickets.solved_at as date) <= windows.brief_on then 1 end) as solved_of_term,
        count(case when coalesce(cast(tickets.solved_at as date) > windows.brief_on, true) then 1 end) as tickets_open
    from windows
    inner join tickets
        on windows.account_id = tickets.account_id
        and cast(tickets.created_at as date) > windows.brief_on - windows.term_days
        and cast(tickets.created_at as date) <= windows.brief_on
    group by windows.account_id, windows.brief_on
),

answered as (
    select
        windows.account_id,
        windows.brief_on,
        max_by(responses.score, responses.submitted_at) as last_nps,
        cast(max(responses.submitted_at) as date) as last_nps_on
    from windows
    inner join survey_responses as responses
        on windows.account_id = responses.account_id
        and responses.kind = 'nps'
        and cast(responses.submitted_at as date) > windows.brief_on - windows.term_days
        and cast(responses.submitted_at as date) <= windows.brief_on
    group by windows.account_id, windows.brief_on
),

touched as (
    select
        windows.account_id,
        windows.brief_on,
        cast(max(activities.started_at) as date) as last_touch_on,
        max_by(activities.kind, activities.started_at) as last_touch_kind,
        count(case when cast(activities.started_at as date) > windows.brief_on - windows.recent_days then 1 end)
            as touches_lately
    from windows
    inner join csm_activities as activities
        on windows.account_id = activities.account_id
        and activities.kind not in ('internal', 'ticket')
        and cast(activities.started_at as date) > windows.brief_on - windows.term_days
        and cast(activities.started_at as date) <= windows.brief_on
    group by windows.account_id, windows.brief_on
),

negotiated as (
    select
        windows.account_id,
        windows.brief_on,
        count(*) as open_opportunities,
        sum(opportunities.amount) as open_amount,
        string_agg(distinct opportunities.kind, ', ' order by opportunities.kind) as open_kinds
    from windows
    inner join opportunities
        on windows.account_id = opportunities.account_id
        and coalesce(cast(opportunities.created_at as date) <= windows.brief_on, true)
        and not (
            coalesce(opportunities.is_closed, false)
            and coalesce(windows.brief_on >= opportunities.closes_on, true)
        )
    group by windows.account_id, windows.brief_on
)

select
    windows.account_id,
    windows.brief_on,
    windows.trend_days,
    windows.recent_days,
    windows.term_days,
    coalesce(used.events_now, 0) as events_now,
    coalesce(used.events_before, 0) as events_before,
    coalesce(used.events_of_term, 0) as events_of_term,
    coalesce(used.active_days_of_term, 0) as active_days_of_term,
    coalesce(used.features_of_term, 0) as features_of_term,
    health.seats,
    health.active_users,
    coalesce(asked.tickets_of_term, 0) as tickets_of_term,
    coalesce(asked.solved_of_term, 0) as solved_of_term,
    coalesce(asked.tickets_lately, 0) as tickets_lately,
    coalesce(asked.escalations_lately, 0) as escalations_lately,
    coalesce(asked.tickets_open, 0) as tickets_open,
    answered.last_nps,
    answered.last_nps_on,
    touched.last_touch_on,
    touched.last_touch_kind,
    coalesce(touched.touches_lately, 0) as touches_lately,
    coalesce(negotiated.open_opportunities, 0) as open_opportunities,
    negotiated.open_amount,
    negotiated.open_kinds,
    calls.renewal_probability,
    calls.system_call,
    disagreements.csm_call,
    disagreements.csm_call_from,
    disagreements.external_call,
    disagreements.external_call_from
from windows
left join health
    on windows.account_id = health.account_id
    and windows.brief_on = health.date
left join used
    on windows.account_id = used.account_id
    and windows.brief_on = used.brief_on
left join asked
    on windows.account_id = asked.account_id
    and windows.brief_on = asked.brief_on
left join answered
    on windows.account_id = answered.account_id
    and windows.brief_on = answered.brief_on
left join touched
    on windows.account_id = touched.account_id
    and windows.brief_on = touched.brief_on
left join negotiated
    on windows.account_id = negotiated.account_id
    and windows.brief_on = negotiated.brief_on
left join calls
    on windows.account_id = calls.account_id
    and windows.brief_on = calls.date
left join disagreements
    on windows.account_id = disagreements.account_id
    and windows.brief_on = disagreements.date
