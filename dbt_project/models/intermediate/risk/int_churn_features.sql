-- depends_on: {{ ref('int_risk_scope') }}
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='append_new_columns',
    pre_hook="{{ forget_rejudged('scored_on') }}",
) }}

with risk_days as (
    select * from {{ ref('int_risk_days') }}
),

trends as (
    select * from {{ ref('int_usage_trends_daily') }}
),

lead_users as (
    select * from {{ ref('int_lead_user_activity_daily') }}
),

commitments as (
    select * from {{ ref('int_commitments_daily') }}
),

unpaid as (
    select * from {{ ref('int_unpaid_invoices_daily') }}
),

strain as (
    select * from {{ ref('int_support_strain_daily') }}
),

surveys as (
    select * from {{ ref('int_survey_moves_daily') }}
),

touches as (
    select * from {{ ref('int_csm_touches_daily') }}
),

subscriptions as (
    select * from {{ ref('int_subscriptions') }}
),

risk_model as (
    select * from {{ ref('risk_model') }}
),

subscribed as (
    select
        account_id,
        min(started_on) as subscribed_on
    from subscriptions
    group by account_id
),

measured as (
    select
        risk_days.*,
        risk_model.horizon_days,
        trends.known_baseline_days >= risk_days.minimum_baseline_days as has_baseline,
        -- before the usage feed begins, no use is no fact
        risk_days.days_since_activity is not null as has_usage,
        -- the account's own figure is today's: of the past it would tell what was known later
        coalesce(subscribed.subscribed_on <= risk_days.scored_on, false) as has_dated_arr,
        ui_recent + api_recent + mobile_recent + integration_recent as events,
        api_recent + integration_recent as machine_events,
        (ui_recent + api_recent + mobile_recent + integration_recent) / risk_days.recent_days as events_now,
        (ui_baseline + api_baseline + mobile_baseline + integration_baseline)
        / nullif(trends.known_baseline_days, 0) as events_before,
        trends.active_days_recent,
        trends.user_days_recent / risk_days.recent_days as people_now,
        trends.user_days_baseline / nullif(trends.known_baseline_days, 0) as people_before,
        risk_days.scored_on - lead_users.last_used_on as lead_user_silent_days,
        commitments.seats,
        commitments.seats_before,
        commitments.mrr_usd,
        commitments.mrr_usd_before,
        unpaid.overdue_days,
        strain.contacts,
        strain.escalations,
        strain.recontacts,
        surveys.points_lost,
        touches.days_since_touch
    from risk_days
    inner join trends using (account_id, scored_on)
    inner join risk_model
        on risk_model.valid_from = {{ policy_version(ref('risk_model'), 'risk_days.scored_on') }}
    left join lead_users using (account_id, scored_on)
    left join commitments using (account_id, scored_on)
    left join unpaid using (account_id, scored_on)
    left join strain using (account_id, scored_on)
    left join surveys using (account_id, scored_on)
    left join touches using (account_id, scored_on)
    left join subscribed using (account_id)
)

-- logarithms where a multiple matters and not a difference; null where nothing is known
select
    account_id,
    scored_on,
    {{ churn_features_sql() }},
    days_to_renewal,
    policy_fingerprint
from measured
