with subscriptions as (
    select * from {{ ref('stg_drop_folder__subscriptions') }}
)

select
    subscription_id as record_id,
    account_id as account_record_id,
    started_on,
    ended_on,
    mrr,
    currency,
    plan,
    seats
from subscriptions
