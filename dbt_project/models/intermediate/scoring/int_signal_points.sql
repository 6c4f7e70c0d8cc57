with signals as (
    select * from {{ ref('int_health_signals') }}
),

account_days as (
    select * from {{ ref('int_account_days') }}
),

usage_types as (
    select * from {{ ref('int_account_usage_types_daily') }}
),

curves as (
    select * from {{ ref('int_response_curve_segments') }}
),

placed as (
    select
        signals.account_id,
        signals.scored_on,
        signals.signal,
        curves.value_from,
        curves.value_to,
        curves.points_from,
        curves.points_to,
        -- outside its curve a signal is worth what the nearest end is worth
        least(greatest(signals.signal_value, curves.lowest_value), curves.highest_value) as signal_value
    from signals
    inner join account_days
        on signals.account_id = account_days.account_id
        and signals.scored_on = account_days.scored_on
    inner join usage_types
        on signals.account_id = usage_types.account_id
        and signals.scored_on = usage_types.scored_on
    inner join curves
        on account_days.response_curves_from = curves.valid_from
        and signals.signal = curves.signal
        and usage_types.usage_type = curves.usage_type
        and least(greatest(signals.signal_value, curves.lowest_value), curves.highest_value) >= curves.value_from
        and least(greatest(signals.signal_value, curves.lowest_value), curves.highest_value)
        < coalesce(curves.value_to, curves.highest_value + 1)
    where signals.signal_value is not null
)

select
    account_id,
    scored_on,
    signal,
    cast(
        points_from
        + coalesce((points_to - points_from) * (signal_value - value_from) / (value_to - value_from), 0)
        as decimal(9, 4)
    ) as points
from placed
