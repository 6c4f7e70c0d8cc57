with feeds as (
    {{ union_feeds('usage_events') }}
),

identity_keys as (
    select * from {{ ref('int_identity_keys') }}
),

resolved as (
    {{ resolved('feeds', by=['account', 'user', 'email', 'domain']) }}
)

select
    resolved.system,
    resolved.event_id,
    resolved.occurred_at,
    resolved.used_on,
    resolved.account_id,
    resolved.account_record_id,
    resolved.user_record_id,
    resolved.email,
    resolved.domain,
    resolved.event,
    resolved.feature,
    resolved.channel,
    resolved.source,
    resolved.quantity
from resolved
