with identity as (
    select * from {{ ref('int_account_identity') }}
),

records as (
    select * from {{ ref('int_account_records') }}
)

select
    identity.system,
    identity.record_id,
    identity.account_id,
    identity.method,
    records.name,
    records.domain,
    records.parent_record_id
from identity
inner join records
    on identity.system = records.system
    and identity.record_id = records.record_id
order by identity.system, identity.record_id
