with source as (
    select * from {{ source('raw_tierline', 'decided_actions') }}
),

renamed as (
    select action_id
    from source
)

select * from renamed
