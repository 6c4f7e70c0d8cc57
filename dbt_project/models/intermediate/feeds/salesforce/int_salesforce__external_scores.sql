with opportunities as (
    select * from {{ ref('int_salesforce__opportunities') }}
),

versions as (
    select * from {{ ref('stg_salesforce__opportunity_history') }}
),

stages as (
    {{ vocabulary('salesforce', 'opportunity_stage') }}
),

history as (
    select
        versions.opportunity_id as record_id,
        coalesce(stages.value, versions.stage_name) as stage,
        versions.changed_at,
        versions.change_id as place
    from versions
    left join stages on lower(trim(versions.stage_name)) = stages.source_value
)

{{ renewal_stages('opportunities', 'history') }}
