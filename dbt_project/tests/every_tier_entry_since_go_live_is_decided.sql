-- The other side of the guards: what is allowed is not lost. Each stay in a tier that a play answers has a decision of
-- that play, delivered or suppressed by name, no earlier than the stay.
with candidates as (
    select * from {{ ref('int_play_candidates') }}
),

decisions as (
    select * from {{ ref('fct_action_decisions') }}
),

-- what rests on a silent feed waits until it speaks again
held as (
    select facts.account_id
    from {{ ref('int_decision_facts') }} as facts
    inner join {{ ref('int_rollout') }} as rollout on facts.date = rollout.as_of
    where facts.is_stale
)

select
    candidates.account_id,
    candidates.play_id,
    candidates.episode_started_on
from candidates
where candidates.first_actionable_on <= candidates.lasted_through
    and not exists (
        select 1
        from decisions
        where decisions.account_id = candidates.account_id
            and decisions.play_id = candidates.play_id
            and decisions.suppressed_by is distinct from 'too_old'
            and (
                decisions.action_id = candidates.action_id
                or decisions.decided_for >= candidates.episode_started_on
            )
    )
    -- a stay that late data put into the past and that has ended since is nothing to act on any more
    and candidates.lasted_through >= (select rollout.as_of from {{ ref('int_rollout') }} as rollout)
    and candidates.account_id not in (select held.account_id from held)
