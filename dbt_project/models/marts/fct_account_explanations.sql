with decisions as (
    select * from {{ ref('fct_action_decisions') }}
),

candidates as (
    select * from {{ ref('int_play_candidates') }}
),

hits as (
    select * from {{ ref('int_guard_hits') }}
),

deliveries as (
    select * from {{ ref('fct_deliveries') }}
),

rollout as (
    select * from {{ ref('int_rollout') }}
),

decided as (
    select
        decisions.account_id,
        decisions.decided_for as date,
        decisions.action_id,
        decisions.play_id,
        decisions.subject,
        decisions.activity,
        decisions.mode,
        case when decisions.suppressed_by is null then 'decided' else 'suppressed' end as outcome,
        decisions.suppressed_by as guard_id,
        decisions.suppressed_reason as guard_words,
        decisions.reason,
        decisions.send_after_at,
        deliveries.state as delivery_state,
        deliveries.reviewed_by,
        deliveries.review_words
    from decisions
    left join deliveries on decisions.action_id = deliveries.action_id
    where decisions.account_id is not null
),

-- late data may have moved the start of what was decided before
known as (
    select
        candidates.action_id,
        min(decisions.decided_for) as decided_for
    from candidates
    inner join decisions
        on candidates.account_id = decisions.account_id
        and candidates.play_id = decisions.play_id
        and coalesce(candidates.subject, '') = coalesce(decisions.subject, '')
        and candidates.episode_started_on <= decisions.decided_for
    group by candidates.action_id
),

-- day by day what a guard made wait, until it was decided
waits as (
    select
        candidates.account_id,
        candidates.action_id,
        candidates.play_id,
        candidates.subject,
        candidates.activity,
        candidates.mode,
        candidates.reason,
        hits.guard_id,
        hits.words,
        hits.priority,
        greatest(hits.hit_from, rollout.live_on) as first_day,
        least(hits.hit_through, coalesce(known.decided_for - 1, rollout.as_of), rollout.as_of) as last_day
    from hits
    inner join candidates on hits.action_id = candidates.action_id
    cross join rollout
    left join known on hits.action_id = known.action_id
    where hits.effect = 'wait'
        and hits.lifted_words is null
),

waited as (
    select
        *,
        cast({{ day_range('first_day', 'last_day') }} as date) as date
    from waits
    where first_day <= last_day
),

first_waits as (
    select
        *,
        row_number() over (partition by action_id, date order by priority, words) as place
    from waited
)

select
    account_id,
    date,
    action_id,
    play_id,
    subject,
    activity,
    mode,
    outcome,
    guard_id,
    guard_words,
    reason,
    send_after_at,
    delivery_state,
    reviewed_by,
    review_words
from decided

union all

select
    account_id,
    date,
    action_id,
    play_id,
    subject,
    activity,
    mode,
    'waiting' as outcome,
    guard_id,
    words as guard_words,
    reason,
    cast(null as timestamp) as send_after_at,
    cast(null as varchar) as delivery_state,
    cast(null as varchar) as reviewed_by,
    cast(null as varchar) as review_words
from first_waits
where place = 1

order by date, account_id, play_id
