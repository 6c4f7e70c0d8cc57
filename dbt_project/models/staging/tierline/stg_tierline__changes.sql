with source as (
    select * from {{ source('raw_tierline', 'changes') }}
),

renamed as (
    select
        load_id,
        source,
        table_name,
        account_id,
        changed_on
    from source
)

select * from renamed
