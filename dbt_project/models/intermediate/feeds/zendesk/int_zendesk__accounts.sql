with organizations as (
    select * from {{ ref('stg_zendesk__organizations') }}
),

field_names as (
    {{ vocabulary('zendesk', 'organization_field') }}
),

own_fields as (
    select
        organizations.organization_id,
        field_names.value as meaning,
        max({{ json_text('organizations.organization_fields', 'field_names.source_value') }}) as value
    from organizations
    cross join field_names
    group by organizations.organization_id, field_names.value
)

select
    organizations.organization_id as record_id,
    organizations.name,
    organizations.domain,
    cast(null as varchar) as parent_record_id,
    cast(null as varchar) as segment,
    industries.value as industry,
    cast(null as bigint) as employees,
    plans.value as plan,
    regions.value as region,
    cast(null as varchar) as csm_record_id,
    -- when the organization was entered here says nothing about when the customer signed up
    cast(null as timestamp) as signed_up_at,
    cast(null as date) as contract_started_on,
    cast(null as date) as renewal_on,
    cast(null as double) as arr,
    cast(null as varchar) as currency,
    cast(null as varchar) as status,
    cast(null as date) as churned_on,
    cast(null as boolean) as wants_human,
    cast(null as boolean) as has_executive_sponsor,
    {{ configuration_words('configurations.value') }} as configuration
from organizations
left join own_fields as industries
    on organizations.organization_id = industries.organization_id and industries.meaning = 'industry'
left join own_fields as plans
    on organizations.organization_id = plans.organization_id and plans.meaning = 'plan'
left join own_fields as regions
    on organizations.organization_id = regions.organization_id and regions.meaning = 'region'
left join own_fields as configurations
    on organizations.organization_id = configurations.organization_id and configurations.meaning = 'configuration'
