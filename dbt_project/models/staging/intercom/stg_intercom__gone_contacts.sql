with source as (
    select * from {{ source('raw_intercom', 'standing_contacts') }}
),

-- who was unarchived is listed again, in another version
gone as (
    select
        id as contact_id,
        max(_dlt_valid_to) as gone_at
    from source
    group by id
    having count(*) = count(_dlt_valid_to)
)

select * from gone
