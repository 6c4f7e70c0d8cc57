with source as (
    select * from {{ source('raw_tierline', 'scored_days') }}
),

renamed as (
    select
        account_id,
        scored_on,
        policy_fingerprint
    from source
)

select * from renamed
