-- depends_on: {{ ref('int_scoring_scope') }}
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook="{{ forget_rescored('scored_on') }}",
) }}

with scores as (
    select * from {{ ref('int_health_scores') }}
),

account_days as (
    select * from {{ ref('int_account_days') }}
),

thresholds as (
    select * from {{ ref('int_thresholds') }}
),

scope as (
    select * from {{ ref('int_scoring_scope') }}
),

-- a provisional score enters no tier, but a very low one is routed all the same
compared as (
    select
        scores.account_id,
        scores.scored_on,
        thresholds.threshold,
        thresholds.tier_rank,
        case
            when thresholds.threshold = 'immediate' or account_days.age_days >= account_days.provisional_days
                then scores.score
        end as score,
        thresholds.bound,
        thresholds.rises_at,
        thresholds.falls_below
    from scores
    inner join account_days
        on scores.account_id = account_days.account_id
        and scores.scored_on = account_days.scored_on
    inner join thresholds
        on account_days.tiers_from = thresholds.tiers_from
        or account_days.routing_from = thresholds.routing_from
),

-- above from `rises_at`, below under `falls_below`, as it was in between
switched as (
    select
        account_id,
        scored_on,
        threshold,
        tier_rank,
        score >= bound as starts_above,
        case when score >= rises_at then true when score < falls_below then false end as turns_above,
        cast(null as date) as carried_since
    from compared

    {% if is_incremental() %}
        union all

        select
            held.account_id,
            held.scored_on,
            held.threshold,
            held.tier_rank,
            held.is_above as starts_above,
            held.is_above as turns_above,
            held.since as carried_since
        from {{ this }} as held
        inner join scope
            on held.account_id = scope.account_id
            and held.scored_on = scope.score_from - 1
    {% endif %}
),

held as (
    select
        account_id,
        scored_on,
        threshold,
        tier_rank,
        carried_since,
        coalesce(
            last_value(turns_above ignore nulls) over so_far,
            first_value(starts_above ignore nulls) over so_far
        ) as is_above
    from switched
    window so_far as (
        partition by account_id, threshold
        order by scored_on
        rows between unbounded preceding and current row
    )
),

flipped as (
    select
        *,
        case
            when carried_since is not null then carried_since
            when is_above is distinct from lag(is_above) over days then scored_on
        end as flipped_on
    from held
    window days as (partition by account_id, threshold order by scored_on)
),

dated as (
    select
        *,
        max(flipped_on) over (partition by account_id, threshold order by scored_on) as since
    from flipped
)

select
    account_id,
    scored_on,
    threshold,
    tier_rank,
    is_above,
    since
from dated
-- only what this build scores: the carried row is there already
where is_above is not null
    and (account_id, scored_on) in (select (scores.account_id, scores.scored_on) from scores)
