with source as (
    select * from {{ source('raw_gainsight', 'ctas') }}
),

renamed as (
    select
        gsid as cta_id,
        name,
        company_id,
        type_name,
        reason_name,
        status_name,
        coalesce(owner_id, owner_name) as owner_id,
        owner_name,
        nullif(lower(owner_email), '') as owner_email,
        due_date as due_on,
        coalesce(is_closed, closed_date is not null) as is_closed,
        closed_date as closed_at,
        created_date as created_at,
        modified_date as modified_at
    from source
)

select * from renamed
