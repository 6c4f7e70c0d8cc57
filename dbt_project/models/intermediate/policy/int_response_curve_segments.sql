with points as (
    select * from {{ ref('response_curves') }}
)

select
    valid_from,
    signal,
    usage_type,
    signal_value as value_from,
    lead(signal_value) over curve as value_to,
    points as points_from,
    lead(points) over curve as points_to,
    min(signal_value) over whole_curve as lowest_value,
    max(signal_value) over whole_curve as highest_value
from points
window
    curve as (partition by valid_from, signal, usage_type order by signal_value),
    whole_curve as (partition by valid_from, signal, usage_type)
