with ctas as (
    select * from {{ ref('stg_gainsight__ctas') }}
),

statuses as (
    {{ vocabulary('gainsight', 'task_status') }}
)

select
    ctas.cta_id as record_id,
    ctas.company_id as account_record_id,
    ctas.owner_id as csm_record_id,
    ctas.name as title,
    coalesce(ctas.reason_name, ctas.type_name) as reason,
    coalesce(statuses.value, case when ctas.is_closed then 'done' else 'open' end) as status,
    ctas.created_at,
    ctas.due_on,
    -- without a date of its own, closing was the last thing that happened to it
    case when ctas.is_closed then coalesce(ctas.closed_at, ctas.modified_at) end as closed_at
from ctas
left join statuses on lower(trim(ctas.status_name)) = statuses.source_value
