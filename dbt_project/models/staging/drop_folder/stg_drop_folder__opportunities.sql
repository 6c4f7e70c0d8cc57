with source as (
    select * from {{ source('raw_drop_folder', 'opportunities') }}
),

renamed as (
    select
        opportunity_id,
        account_id,
        kind,
        stage,
        amount,
        closes_on,
        created_at,
        is_closed,
        is_won
    from source
    where not _is_duplicate
)

select * from renamed
