with tasks as (
    select * from {{ ref('stg_churnzero__tasks') }}
),

statuses as (
    {{ vocabulary('churnzero', 'task_status') }}
)

select
    tasks.task_id as record_id,
    tasks.account_id as account_record_id,
    tasks.user_account_id as csm_record_id,
    tasks.subject as title,
    tasks.type_name as reason,
    coalesce(statuses.value, case when tasks.completed_at is null then 'open' else 'done' end) as status,
    tasks.created_at,
    tasks.due_on,
    case
        when coalesce(statuses.value, 'open') = 'open' then tasks.completed_at
        else coalesce(tasks.completed_at, tasks.modified_at)
    end as closed_at
from tasks
left join statuses on lower(trim(tasks.status_name)) = statuses.source_value
