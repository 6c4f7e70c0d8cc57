with source as (
    select * from {{ source('raw_drop_folder', 'invoices') }}
),

renamed as (
    select
        invoice_id,
        account_id,
        issued_on,
        due_on,
        paid_on,
        amount,
        upper(currency) as currency,
        status
    from source
    where not _is_duplicate
)

select * from renamed
