{{ config(materialized='table') }}

with feeds as (
    {{ union_feeds('invoices') }}
),

identity_keys as (
    select * from {{ ref('int_identity_keys') }}
),

resolved as (
    {{ resolved('feeds', by=['account']) }}
)

select
    {{ entity_id('resolved.system', 'resolved.record_id') }} as invoice_id,
    resolved.system,
    resolved.record_id,
    resolved.account_id,
    resolved.account_record_id,
    resolved.issued_on,
    resolved.due_on,
    resolved.paid_on,
    resolved.amount,
    resolved.currency,
    resolved.status
from resolved
