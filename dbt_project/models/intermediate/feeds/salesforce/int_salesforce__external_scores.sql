with opportunities as (
    select * from {{ ref('int_salesforce__opportunities') }}
),

history as (
    select
        opportunity_id as record_id,
        stage_name as stage,
        changed_at,
        change_id as place
    from {{ ref('stg_salesforce__opportunity_history') }}
)

{{ renewal_stages('opportunities', 'history') }}
