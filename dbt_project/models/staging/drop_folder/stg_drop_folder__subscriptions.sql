with source as (
    select * from {{ source('raw_drop_folder', 'subscriptions') }}
),

renamed as (
    select
        subscription_id,
        account_id,
        started_on,
        ended_on,
        mrr,
        upper(currency) as currency,
        plan,
        seats
    from source
    where not _is_duplicate
)

select * from renamed
