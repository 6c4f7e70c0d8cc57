with candidates as (
    select * from {{ ref('int_play_candidates') }}
),

effort as (
    select * from {{ ref('alert_effort') }}
),

guards as (
    select * from {{ ref('guards') }}
),

rollout as (
    select * from {{ ref('int_rollout') }}
),

-- the row of the play, else the one of all plays; by what sets the alert off and not by what became of it: an alert
-- of the same day counts, and one that a cool-down keeps back follows one that went out
alerts as (
    select
        candidates.action_id,
        candidates.account_id,
        candidates.play_id,
        candidates.first_actionable_on,
        candidates.lasted_through,
        max_by(effort.puts_person_on_account, effort.play_id <> '*') as puts_person_on_account,
        max_by(effort.open_days, effort.play_id <> '*') as open_days
    from candidates
    inner join effort
        on effort.play_id in ('*', candidates.play_id)
        and effort.valid_from = {{ policy_version(ref('alert_effort'), 'candidates.first_actionable_on') }}
    where candidates.mode = 'human'
    group by all
)

-- while the alert is open, and for some days after, so that a machine does not write the day after a person did
select
    alerts.account_id,
    'person_on_account' as fact,
    '*' as play_id,
    alerts.first_actionable_on as true_from,
    least(
        least(alerts.lasted_through, alerts.first_actionable_on + alerts.open_days) + guards.limit_value, rollout.as_of
    ) as true_through,
    concat(alerts.play_id, ' of ', cast(alerts.first_actionable_on as varchar)) as evidence
from alerts
cross join rollout
inner join guards
    on guards.fact = 'person_on_account'
    and guards.valid_from = {{ policy_version(ref('guards'), 'rollout.as_of') }}
where alerts.puts_person_on_account
