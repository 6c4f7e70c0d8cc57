with source as (
    select * from {{ source('raw_delighted', 'people') }}
),

renamed as (
    select
        id as person_id,
        email,
        name,
        created_at
    from source
)

select * from renamed
