with invoices as (
    select * from {{ ref('stg_drop_folder__invoices') }}
)

select
    invoice_id as record_id,
    account_id as account_record_id,
    issued_on,
    due_on,
    paid_on,
    amount,
    currency,
    status
from invoices
