with companies as (
    select * from {{ ref('stg_intercom__companies') }}
),

reference_fields as (
    select distinct field
    from {{ ref('account_references') }}
    where system = 'intercom'
),

named as (
    select
        companies.company_id as record_id,
        reference_fields.field,
        case
            when reference_fields.field = 'company_id' then companies.product_account_id
            else {{ json_text('companies.custom_attributes', 'reference_fields.field') }}
        end as value
    from companies
    cross join reference_fields
)

select
    record_id,
    field,
    value
from named
where value is not null
