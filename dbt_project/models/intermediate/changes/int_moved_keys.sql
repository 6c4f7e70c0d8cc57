{{ config(materialized='table') }}

with identity_keys as (
    select * from {{ ref('int_identity_keys') }}
),

previous as (
    select * from {{ ref('stg_tierline__identity_keys') }}
)

select
    previous.kind,
    previous.system,
    previous.key,
    previous.account_id as from_account_id,
    identity_keys.account_id as to_account_id
from previous
left join identity_keys
    on previous.kind = identity_keys.kind
    and previous.system = identity_keys.system
    and previous.key = identity_keys.key
where previous.account_id is distinct from identity_keys.account_id
