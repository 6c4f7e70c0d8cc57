with opportunities as (
    select * from {{ ref('stg_salesforce__opportunities') }}
),

kinds as (
    {{ vocabulary('salesforce', 'opportunity_kind') }}
),

stages as (
    {{ vocabulary('salesforce', 'opportunity_stage') }}
),

names as (
    select
        opportunity_id as record_id,
        name as text
    from opportunities
),

named as (
    {{ words_found('salesforce', 'opportunity_name', 'names') }}
)

select
    opportunities.opportunity_id as record_id,
    opportunities.account_id as account_record_id,
    coalesce(kinds.value, named.value) as kind,
    coalesce(stages.value, opportunities.stage_name) as stage,
    opportunities.amount,
    opportunities.closes_on,
    opportunities.created_at,
    opportunities.is_closed,
    opportunities.is_won
from opportunities
left join kinds on lower(trim(opportunities.kind)) = kinds.source_value
left join named on opportunities.opportunity_id = named.record_id
left join stages on lower(trim(opportunities.stage_name)) = stages.source_value
