{{ config(materialized='table') }}

with candidates as (
    select * from {{ ref('int_play_candidates') }}
),

scopes as (
    select * from {{ ref('int_guard_scopes') }}
),

facts as (
    select * from {{ ref('int_guard_facts') }}
),

lifts as (
    select * from {{ ref('int_guard_lifts') }}
),

days as (
    select * from {{ ref('int_days') }}
),

watched as (
    select
        candidates.action_id,
        candidates.account_id,
        candidates.play_id,
        scopes.guard_id,
        scopes.fact,
        scopes.effect,
        scopes.priority,
        scopes.words,
        greatest(candidates.first_actionable_on, scopes.guard_from) as watched_from,
        least(candidates.lasted_through, scopes.guard_through) as watched_through
    from candidates
    inner join scopes
        on candidates.play_id = scopes.play_id
        and candidates.policy_valid_from = scopes.play_valid_from
    where scopes.guard_from <= candidates.lasted_through
        and scopes.guard_through >= candidates.first_actionable_on
),

hits as (
    select
        action_id,
        account_id,
        play_id,
        guard_id,
        effect,
        priority,
        words,
        watched_from as hit_from,
        watched_through as hit_through
    from watched
    where fact = 'always'

    union all

    select
        watched.action_id,
        watched.account_id,
        watched.play_id,
        watched.guard_id,
        watched.effect,
        watched.priority,
        concat(watched.words, ': ' || facts.evidence) as words,
        greatest(watched.watched_from, facts.true_from) as hit_from,
        least(watched.watched_through, facts.true_through) as hit_through
    from watched
    inner join facts
        on watched.account_id = facts.account_id
        and watched.fact = facts.fact
        and facts.play_id in ('*', watched.play_id)
        and watched.watched_from <= facts.true_through
        and watched.watched_through >= facts.true_from
),

lifted as (
    select
        hits.*,
        lifts.lifted_from,
        lifts.lifted_through,
        lifts.lifted_words
    from hits
    inner join lifts
        on hits.guard_id = lifts.guard_id
        and lifts.account_id in ('*', hits.account_id)
        and lifts.play_id in ('*', hits.play_id)
        and hits.hit_from <= lifts.lifted_through
        and hits.hit_through >= lifts.lifted_from
),

-- what a person lifted for a part of its time stands day by day
lifted_days as (
    select
        lifted.* exclude (hit_from, hit_through, lifted_from, lifted_through, lifted_words),
        days.day as hit_from,
        days.day as hit_through,
        max(
            case when days.day between lifted.lifted_from and lifted.lifted_through then lifted.lifted_words end
        ) as lifted_words
    from lifted
    inner join days on days.day between lifted.hit_from and lifted.hit_through
    group by all
),

unlifted as (
    select
        hits.*,
        cast(null as varchar) as lifted_words
    from hits
    where not exists (
            select 1 from lifted
            where lifted.action_id = hits.action_id
                and lifted.guard_id = hits.guard_id
                and lifted.hit_from = hits.hit_from
        )
)

select
    action_id,
    guard_id,
    effect,
    priority,
    words,
    hit_from,
    hit_through,
    lifted_words
from unlifted

union all

select
    action_id,
    guard_id,
    effect,
    priority,
    words,
    hit_from,
    hit_through,
    lifted_words
from lifted_days
