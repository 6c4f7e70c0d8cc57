with source as (
    select * from {{ source('raw_pendo', 'accounts') }}
),

renamed as (
    select
        account_id,
        name,
        domain,
        plan,
        {{ configuration_words('configuration') }} as configuration,
        salesforce_id,
        first_visit as first_visit_at,
        last_visit as last_visit_at
    from source
)

select * from renamed
