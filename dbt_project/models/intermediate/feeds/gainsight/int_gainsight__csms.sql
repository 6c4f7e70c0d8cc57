with companies as (
    select * from {{ ref('stg_gainsight__companies') }}
),

ctas as (
    select * from {{ ref('stg_gainsight__ctas') }}
),

named as (
    select
        csm_id as record_id,
        csm_name as name,
        csm_email as email
    from companies
    where csm_id is not null
    union all
    select
        owner_id as record_id,
        owner_name as name,
        owner_email as email
    from ctas
    where owner_id is not null
)

select
    record_id,
    max(name) as name,
    max(email) as email,
    cast(null as varchar) as slack_id,
    cast(null as varchar) as manager_record_id,
    cast(null as double) as hours_per_week,
    cast(null as double) as hourly_cost,
    cast(null as varchar) as timezone
from named
group by record_id
