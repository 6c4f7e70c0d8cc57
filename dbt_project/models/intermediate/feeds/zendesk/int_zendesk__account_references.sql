with organizations as (
    select * from {{ ref('stg_zendesk__organizations') }}
),

reference_fields as (
    select distinct field
    from {{ ref('account_references') }}
    where system = 'zendesk'
),

named as (
    select
        organizations.organization_id as record_id,
        reference_fields.field,
        case
            when reference_fields.field = 'external_id' then organizations.external_id
            else {{ json_text('organizations.organization_fields', 'reference_fields.field') }}
        end as value
    from organizations
    cross join reference_fields
)

select
    record_id,
    field,
    value
from named
where value is not null
