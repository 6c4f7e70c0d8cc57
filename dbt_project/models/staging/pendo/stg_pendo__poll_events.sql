with source as (
    select * from {{ source('raw_pendo', 'poll_events') }}
),

renamed as (
    select
        visitor_id,
        poll_id,
        browser_time as answered_at,
        account_id,
        guide_id,
        poll_response
    from source
)

select * from renamed
