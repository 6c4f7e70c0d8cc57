with source as (
    select * from {{ source('raw_tierline', 'loads') }}
),

renamed as (
    select
        load_id,
        source,
        table_name,
        started_at,
        finished_at,
        files_read,
        files_unchanged,
        rows_in,
        rows_loaded,
        rows_duplicate,
        rows_quarantined
    from source
)

select * from renamed
