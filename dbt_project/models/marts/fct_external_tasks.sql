with feeds as (
    {{ union_feeds('external_tasks') }}
),

identity as (
    select * from {{ ref('int_account_identity') }}
),

csm_records as (
    select * from {{ ref('int_csm_records') }}
),

run as (
    select as_of from {{ ref('int_run') }}
)

select
    {{ entity_id('feeds.system', 'feeds.record_id') }} as task_id,
    feeds.system,
    identity.account_id,
    csm_records.csm_id,
    feeds.title,
    feeds.reason,
    feeds.status,
    feeds.created_at,
    feeds.due_on,
    feeds.closed_at,
    {{ dbt.datediff('created_at', 'closed_at', 'hour') }}
        as hours_to_close,
    coalesce(coalesce(cast(feeds.closed_at as date), run.as_of) > feeds.due_on, false) as is_overdue
from feeds
cross join run
left join identity
    on feeds.system = identity.system
    and feeds.account_record_id = identity.record_id
left join csm_records
    on feeds.system = csm_records.system
    and feeds.csm_record_id = csm_records.record_id
order by feeds.created_at, task_id
