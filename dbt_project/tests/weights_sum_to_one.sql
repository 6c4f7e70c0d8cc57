-- Every segment and usage type of a version has weights, and they sum to 1.
with versions as (
    select distinct valid_from from {{ ref('signal_weights') }}
),

segments as (
    select distinct segment from {{ ref('segments') }}
),

usage_types as (
    select distinct usage_type from {{ ref('response_curves') }}
),

sums as (
    select
        valid_from,
        segment,
        usage_type,
        sum(weight) as weight
    from {{ ref('signal_weights') }}
    group by valid_from, segment, usage_type
)

select
    versions.valid_from,
    segments.segment,
    usage_types.usage_type,
    sums.weight
from versions
cross join segments
cross join usage_types
left join sums using (valid_from, segment, usage_type)
where sums.weight is null or sums.weight <> 1
