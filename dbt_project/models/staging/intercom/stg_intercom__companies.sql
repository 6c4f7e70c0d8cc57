with source as (
    select * from {{ source('raw_intercom', 'companies') }}
),

renamed as (
    select
        id as company_id,
        -- a company that nobody gave an id may carry Intercom's own there
        nullif(company_id, id) as product_account_id,
        name,
        {{ web_domain('website') }} as domain,
        industry,
        size as employees,
        plan_name as plan,
        monthly_spend,
        coalesce(remote_created_at, created_at) as signed_up_at,
        updated_at,
        custom_attributes
    from source
)

select * from renamed
