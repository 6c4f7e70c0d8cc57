with source as (
    select * from {{ source('raw_pendo', 'polls') }}
),

renamed as (
    select
        id as poll_id,
        guide_id,
        type as poll_type,
        follow_up as follow_up_poll_id,
        question
    from source
)

select * from renamed
