with source as (
    select * from {{ source('raw_hubspot', 'deals') }}
),

renamed as (
    select
        id as deal_id,
        company_id,
        dealname as name,
        kind,
        dealtype as type,
        dealstage as stage,
        pipeline,
        amount,
        upper(deal_currency_code) as currency,
        cast(closedate as date) as closes_on,
        created_at,
        hs_is_closed as is_closed,
        hs_is_closed_won as is_won,
        hubspot_owner_id as owner_id
    from source
    where
        _dlt_valid_to is null
        and not coalesce(archived, false)
)

select * from renamed
