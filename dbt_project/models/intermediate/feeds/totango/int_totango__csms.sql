with accounts as (
    select * from {{ ref('stg_totango__accounts') }}
)

select distinct
    success_manager as record_id,
    success_manager as name,
    case when success_manager like '%_@_%' then lower(success_manager) end as email,
    cast(null as varchar) as slack_id,
    cast(null as varchar) as manager_record_id,
    cast(null as double) as hours_per_week,
    cast(null as double) as hourly_cost,
    cast(null as varchar) as timezone
from accounts
where success_manager is not null
