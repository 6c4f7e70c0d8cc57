{{ config(materialized='table') }}

with account_days as (
    select * from {{ ref('int_account_days') }}
),

commercials as (
    select * from {{ ref('int_account_commercials_daily') }}
),

usage_types as (
    select * from {{ ref('int_account_usage_types_daily') }}
),

signal_points as (
    select * from {{ ref('int_signal_points') }}
),

signal_weights as (
    select * from {{ ref('signal_weights') }}
),

tiers as (
    select * from {{ ref('int_tier_bands') }}
),

stale_account_days as (
    select * from {{ ref('int_stale_account_days') }}
),

weighted as (
    select
        account_days.account_id,
        account_days.scored_on,
        account_days.minimum_coverage,
        account_days.tiers_from,
        signal_weights.signal,
        signal_weights.weight,
        signal_points.points,
        row_number() over (
            partition by account_days.account_id, account_days.scored_on
            order by signal_weights.weight * (100 - signal_points.points) desc nulls last, signal_weights.signal
        ) as drag_rank
    from account_days
    inner join commercials
        on account_days.account_id = commercials.account_id
        and account_days.scored_on = commercials.scored_on
    inner join usage_types
        on account_days.account_id = usage_types.account_id
        and account_days.scored_on = usage_types.scored_on
    inner join signal_weights
        on account_days.signal_weights_from = signal_weights.valid_from
        and commercials.segment = signal_weights.segment
        and usage_types.usage_type = signal_weights.usage_type
    left join signal_points
        on account_days.account_id = signal_points.account_id
        and account_days.scored_on = signal_points.scored_on
        and signal_weights.signal = signal_points.signal
),

-- a missing signal hands its weight to the others and lowers the coverage
combined as (
    select
        account_id,
        scored_on,
        minimum_coverage,
        tiers_from,
        sum(weight * points) as weighted_points,
        sum(case when points is not null then weight else 0 end) as covered_weight,
        sum(weight) as full_weight,
        max(case when signal = 'recency' then points end) as recency_points,
        max(case when signal = 'adoption' then points end) as adoption_points,
        max(case when signal = 'support' then points end) as support_points,
        max(case when signal = 'nps' then points end) as nps_points,
        max(case when drag_rank = 1 and points < 100 then signal end) as biggest_drag
    from weighted
    group by account_id, scored_on, minimum_coverage, tiers_from
),

-- a silent feed is not a quiet customer: nothing is said of who rests on it
scored as (
    select
        combined.*,
        stale_account_days.stale_feeds,
        cast(round(combined.covered_weight / combined.full_weight, 4) as double) as coverage,
        case
            when stale_account_days.account_id is null
                and combined.covered_weight / combined.full_weight >= combined.minimum_coverage
                and combined.covered_weight > 0
                then cast(round(combined.weighted_points / combined.covered_weight, 2) as double)
        end as score
    from combined
    left join stale_account_days
        on combined.account_id = stale_account_days.account_id
        and combined.scored_on = stale_account_days.scored_on
)

select
    scored.account_id,
    scored.scored_on,
    scored.score,
    coalesce(tiers.tier, 'unknown') as tier,
    scored.coverage,
    cast(round(scored.recency_points, 2) as double) as recency_score,
    cast(round(scored.adoption_points, 2) as double) as adoption_score,
    cast(round(scored.support_points, 2) as double) as support_score,
    cast(round(scored.nps_points, 2) as double) as nps_score,
    scored.biggest_drag,
    scored.stale_feeds
from scored
left join tiers
    on scored.tiers_from = tiers.valid_from
    and scored.score >= tiers.lower_bound
    and scored.score < tiers.upper_bound
