{{ config(materialized='table') }}

with scope as (
    select * from {{ ref('int_risk_scope') }}
),

health as (
    select * from {{ ref('fct_account_health_daily') }}
),

accounts as (
    select * from {{ ref('int_accounts') }}
),

policy_days as (
    select * from {{ ref('int_risk_policy_days') }}
),

churn_windows as (
    select * from {{ ref('churn_windows') }}
),

days as (
    select
        health.account_id,
        health.date as scored_on,
        accounts.contract_started_on,
        -- an account that left has no renewal any more; its contract's anniversaries were its renewals all the same
        coalesce(accounts.renewal_on, accounts.contract_started_on) as renewal_anchor_on,
        coalesce(accounts.renewal_on = health.date, false) as renews_today,
        churn_windows.contract_term_months,
        accounts.started_on,
        health.date - accounts.started_on as age_days,
        accounts.csm_id,
        policy_days.churn_signals_from,
        policy_days.external_judgements_from,
        policy_days.policy_fingerprint,
        churn_windows.recent_days,
        churn_windows.baseline_days,
        churn_windows.minimum_baseline_days,
        churn_windows.comparison_days,
        churn_windows.support_days,
        churn_windows.recontact_days,
        churn_windows.survey_days,
        health.* exclude (account_id, date)
    from health
    inner join scope
        on health.account_id = scope.account_id
        and health.date >= scope.judge_from
    inner join accounts on health.account_id = accounts.account_id
    inner join policy_days on health.date = policy_days.day
    inner join churn_windows on policy_days.churn_windows_from = churn_windows.valid_from
),

-- the anniversary of this term, or the one before the day: months are counted, not days
terms as (
    select
        *,
        {{ whole_terms('renewal_anchor_on', 'scored_on', 'contract_term_months') }} as months_over
    from days
),

{% set later = 'months_over + contract_term_months' %}

anniversaries as (
    select
        *,
        -- on the day itself it has renewed, and the next term ends it, unless the account's own date still says today
        case
            when renews_today then scored_on
            else greatest(scored_on + 1, coalesce(contract_started_on + 1, scored_on + 1))
        end as renews_from,
        {{ months_later('renewal_anchor_on', 'months_over') }} as this_term_on,
        {{ months_later('renewal_anchor_on', later) }} as next_term_on,
        {{ months_later('renewal_anchor_on', later ~ ' + contract_term_months') }} as later_term_on
    from terms
)

select
    * exclude (
        contract_started_on, renewal_anchor_on, renews_today, contract_term_months, months_over,
        renews_from, this_term_on, next_term_on, later_term_on
    ),
    -- the beginning of a contract is no renewal
    cast(
        case
            when this_term_on >= renews_from then this_term_on
            when next_term_on >= renews_from then next_term_on
            else later_term_on
        end - scored_on as integer
    ) as days_to_renewal
from anniversaries
