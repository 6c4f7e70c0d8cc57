with churn_signals as (
    select * from {{ ref('churn_signals') }}
),

segments as (
    select distinct segment from {{ ref('segments') }}
),

-- a segment's own row goes before that of all segments
ranked as (
    select
        churn_signals.* exclude (segment),
        segments.segment,
        row_number() over (
            partition by churn_signals.valid_from, churn_signals.signal, segments.segment
            order by churn_signals.segment = '*'
        ) as place
    from churn_signals
    inner join segments on churn_signals.segment in (segments.segment, '*')
)

select
    valid_from,
    signal,
    segment,
    family,
    direction,
    bound,
    severe_bound,
    minimum_volume,
    severity,
    words
from ranked
where place = 1
