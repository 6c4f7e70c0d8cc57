with source as (
    select * from {{ source('raw_tierline', 'files') }}
),

renamed as (
    select
        source,
        table_name,
        file,
        -- 0: of a file that could not be looked at, or was not written at a time of its own
        cast(make_timestamp_ns(nullif(modified_ns, 0)) as timestamp) as modified_at,
        rows_in
    from source
)

select * from renamed
