with opportunities as (
    select * from {{ ref('int_hubspot__opportunities') }}
),

versions as (
    select * from {{ ref('int_hubspot__deal_history') }}
),

stages as (
    {{ vocabulary('hubspot', 'opportunity_stage') }}
),

history as (
    select
        versions.deal_id as record_id,
        coalesce(stages.value, versions.stage) as stage,
        versions.changed_at,
        0 as place
    from versions
    left join stages on lower(versions.stage) = stages.source_value
)

{{ renewal_stages('opportunities', 'history') }}
