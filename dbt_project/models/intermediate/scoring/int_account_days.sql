{{ config(materialized='table') }}

with scope as (
    select * from {{ ref('int_scoring_scope') }}
),

accounts as (
    select * from {{ ref('int_accounts') }}
),

policy_days as (
    select * from {{ ref('int_policy_days') }}
),

scoring_windows as (
    select * from {{ ref('scoring_windows') }}
)

select
    accounts.account_id,
    policy_days.day as scored_on,
    policy_days.day - accounts.started_on as age_days,
    scoring_windows.adoption_window_days,
    scoring_windows.support_window_days,
    scoring_windows.nps_window_days,
    scoring_windows.channel_window_days,
    scoring_windows.dominant_channel_share,
    scoring_windows.provisional_days,
    scoring_windows.minimum_coverage,
    policy_days.tiers_from,
    policy_days.routing_from,
    policy_days.segments_from,
    policy_days.currencies_from,
    policy_days.signal_weights_from,
    policy_days.response_curves_from,
    policy_days.policy_valid_from,
    policy_days.policy_fingerprint
from scope
inner join accounts on scope.account_id = accounts.account_id
inner join policy_days
    on policy_days.day between greatest(accounts.started_on, scope.score_from) and accounts.last_on
inner join scoring_windows on policy_days.scoring_windows_from = scoring_windows.valid_from
