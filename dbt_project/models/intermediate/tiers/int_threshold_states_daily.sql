-- depends_on: {{ ref('int_scoring_scope') }}
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    full_refresh=false,
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
        inner join {{ ref('int_scoring_scope') }} as scope
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

remembered as (
    select
        *,
        lag(is_above) over (partition by account_id, threshold order by scored_on) as was_above
    from held
),

dated as (
    select
        *,
        max(
            case when is_above is distinct from was_above then coalesce(carried_since, scored_on) end
        ) over (partition by account_id, threshold order by scored_on) as since
    from remembered
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
