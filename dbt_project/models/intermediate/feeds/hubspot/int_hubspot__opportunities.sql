with deals as (
    select * from {{ ref('stg_hubspot__deals') }}
),

merged as (
    select * from {{ ref('stg_hubspot__merged_records') }}
    where kind = 'deals'
),

kinds as (
    {{ vocabulary('hubspot', 'opportunity_kind') }}
),

stages as (
    {{ vocabulary('hubspot', 'opportunity_stage') }}
),

names as (
    select
        deal_id as record_id,
        name as text
    from deals
),

named as (
    {{ words_found('hubspot', 'opportunity_name', 'names') }}
)

select
    deals.deal_id as record_id,
    deals.company_id as account_record_id,
    coalesce(kinds.value, named.value) as kind,
    coalesce(stages.value, deals.stage) as stage,
    deals.amount,
    deals.closes_on,
    deals.created_at,
    deals.is_closed,
    deals.is_won
from deals
left join kinds on lower(trim(deals.kind)) = kinds.source_value
left join named on deals.deal_id = named.record_id
left join stages on lower(deals.stage) = stages.source_value
left join merged on deals.deal_id = merged.record_id
where merged.record_id is null
