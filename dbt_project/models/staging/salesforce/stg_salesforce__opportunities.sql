with source as (
    select * from {{ source('raw_salesforce', 'opportunities') }}
),

renamed as (
    select
        id as opportunity_id,
        account_id,
        name,
        kind,
        type,
        stage_name,
        amount,
        upper(currency) as currency,
        close_date as closes_on,
        created_date as created_at,
        is_closed,
        is_won,
        owner_id,
        probability
    from source
    where
        _dlt_valid_to is null
        and not coalesce(is_deleted, false)
)

select * from renamed
