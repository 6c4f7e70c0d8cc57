with source as (
    select * from {{ source('raw_tierline', 'unfinished_scopes') }}
),

renamed as (
    select
        account_id,
        score_from
    from source
)

select * from renamed
