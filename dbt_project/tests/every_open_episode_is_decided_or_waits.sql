-- The other side of the guards: what is allowed is not lost. Each episode that a play answers and that still lasts has
-- a decision of that play, sent or suppressed by name, no earlier than the episode; or a guard makes it wait.
with candidates as (
    select * from {{ ref('int_play_candidates') }}
),

decisions as (
    select * from {{ ref('fct_action_decisions') }}
),

hits as (
    select * from {{ ref('int_guard_hits') }}
),

rollout as (
    select * from {{ ref('int_rollout') }}
)

select
    candidates.account_id,
    candidates.play_id,
    candidates.subject,
    candidates.episode_started_on
from candidates
cross join rollout
where rollout.as_of between candidates.first_actionable_on and candidates.lasted_through
    and not exists (
        select 1
        from decisions
        where decisions.account_id = candidates.account_id
            and decisions.play_id = candidates.play_id
            and coalesce(decisions.subject, '') = coalesce(candidates.subject, '')
            and decisions.suppressed_by is distinct from 'too_old'
            and (
                decisions.action_id = candidates.action_id
                or decisions.decided_for >= candidates.episode_started_on
            )
    )
    and not exists (
        select 1
        from hits
        where hits.action_id = candidates.action_id
            and rollout.as_of between hits.hit_from and hits.hit_through
            and hits.effect = 'wait'
            and hits.lifted_words is null
    )
