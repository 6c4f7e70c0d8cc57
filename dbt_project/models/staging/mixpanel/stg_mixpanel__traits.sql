with source as (
    select * from {{ source('raw_mixpanel', 'traits') }}
),

renamed as (
    select
        kind,
        key,
        trait,
        value,
        first_seen_at,
        last_seen_at
    from source
)

select * from renamed
