{{ config(materialized='table') }}

with accounts as (
    select * from {{ ref('int_accounts') }}
),

usage as (
    select * from {{ ref('int_usage_daily') }}
),

rollout as (
    select * from {{ ref('int_rollout') }}
),

onboarding_clock as (
    select * from {{ ref('onboarding_clock') }}
),

dated as (
    select
        account_id,
        coalesce(contract_started_on, cast(signed_up_at as date)) as begins_on,
        cast(signed_up_at as date) as signed_up_on,
        last_on,
        industry,
        employees,
        configuration
    from accounts
),

use as (
    select
        account_id,
        min(used_on) as first_used_on
    from usage
    group by account_id
),

-- the policy of the day it began stays with an account to the end of its onboarding
timed as (
    select
        dated.*,
        use.first_used_on,
        onboarding_clock.late_start_days,
        onboarding_clock.on_late_start,
        onboarding_clock.pause_after_quiet_days,
        onboarding_clock.max_trial_days,
        least(dated.begins_on + onboarding_clock.gives_up_after_days - 1, dated.last_on) as ends_on
    from dated
    inner join onboarding_clock
        on onboarding_clock.valid_from = {{ policy_version(ref('onboarding_clock'), 'dated.begins_on') }}
    left join use on dated.account_id = use.account_id
)

-- who was there long before the contract began is no newcomer: a CRM may date a contract anew with each renewal
select timed.*
from timed
cross join rollout
where timed.ends_on >= greatest(timed.begins_on, rollout.live_on)
    and coalesce(least(timed.signed_up_on, timed.first_used_on), timed.begins_on)
    >= timed.begins_on - timed.max_trial_days
