with candidates as (
    select * from {{ ref('int_play_candidates') }}
),

guards as (
    select * from {{ ref('guards') }}
),

rollout as (
    select * from {{ ref('int_rollout') }}
),

recipients as (
    select * from {{ ref('int_recipients') }}
),

blocks as (
    select * from {{ ref('int_override_facts') }}
),

lifts as (
    select * from {{ ref('int_guard_lifts') }}
),

routed as (
    select * from {{ ref('int_sla_alerts') }}
),

responses as (
    select * from {{ ref('int_sla_responses') }}
),

moments as (
    select * from {{ ref('int_sla_moments') }}
),

-- by what sets the alert off and not by what became of it: an alert of the same day counts, and one that a cool-down
-- keeps back follows one that went out
alerts as (
    select * from candidates
    where unanswered_days is not null
),

-- nobody is on what nobody hears of, for want of a recipient or by a block
heard as (
    select alerts.*
    from alerts
    inner join recipients
        on alerts.account_id = recipients.account_id
        and alerts.recipient_role = recipients.recipient_role
        and alerts.channel = recipients.channel
        and recipients.recipient is not null
    where not exists (
            select 1 from blocks
            left join lifts
                on lifts.guard_id = 'override'
                and lifts.account_id in ('*', blocks.account_id)
                and lifts.play_id in ('*', alerts.play_id)
                and alerts.first_actionable_on between lifts.lifted_from and lifts.lifted_through
            where blocks.account_id = alerts.account_id
                and blocks.play_id in ('*', alerts.play_id)
                and alerts.first_actionable_on between blocks.true_from and blocks.true_through
                and lifts.guard_id is null
        )
),

-- the episode as it is known today: late data may have moved its start since the alert went out
outcomes as (
    select
        heard.action_id,
        min(cast(responses.responded_at as date)) as responded_on,
        max(cast(moments.reached_at as date)) as due_on
    from heard
    inner join routed
        on heard.account_id = routed.account_id
        and heard.play_id = routed.play_id
        and (
            heard.action_id = routed.action_id
            or (heard.subject is null and routed.decided_for between heard.first_actionable_on and heard.lasted_through)
        )
    left join responses on routed.action_id = responses.action_id
    left join moments
        on routed.action_id = moments.action_id
        and moments.step = 'due'
    group by heard.action_id
),

days_after as (
    select guards.limit_value as days
    from guards
    inner join rollout on guards.valid_from = {{ policy_version(ref('guards'), 'rollout.as_of') }}
    where guards.fact = 'person_on_account'
),

-- One that was not sent yet is due some hours after the day it is sent on.
waited_for as (
    select
        heard.*,
        outcomes.responded_on,
        least(heard.lasted_through, heard.first_actionable_on + heard.open_days) as open_through,
        coalesce(
            outcomes.due_on,
            heard.first_actionable_on + 1 + cast(ceil(coalesce(heard.sla_hours, 0) / 24.0) as integer)
        ) + heard.unanswered_days as given_up_on
    from heard
    left join outcomes on heard.action_id = outcomes.action_id
),

-- While the alert is open and nobody has answered it, and for some days after, so that a machine does not write the
-- day after a person did. What nobody answers though the ladder has told everybody is nobody's, until somebody does.
spells as (
    select
        waited_for.account_id,
        waited_for.play_id,
        waited_for.first_actionable_on,
        waited_for.first_actionable_on as true_from,
        case
            when waited_for.responded_on <= waited_for.given_up_on
                then least(waited_for.open_through, waited_for.responded_on) + days_after.days
            else least(waited_for.open_through + days_after.days, waited_for.given_up_on)
        end as true_through
    from waited_for
    cross join days_after

    union all

    select
        waited_for.account_id,
        waited_for.play_id,
        waited_for.first_actionable_on,
        waited_for.responded_on as true_from,
        waited_for.responded_on + days_after.days as true_through
    from waited_for
    cross join days_after
    where waited_for.responded_on > waited_for.given_up_on
        and waited_for.responded_on <= waited_for.open_through
)

select
    spells.account_id,
    'person_on_account' as fact,
    '*' as play_id,
    spells.true_from,
    least(spells.true_through, rollout.as_of) as true_through,
    concat(spells.play_id, ' of ', cast(spells.first_actionable_on as varchar)) as evidence
from spells
cross join rollout
