with traits as (
    select * from {{ ref('stg_segment__traits') }}
),

groups as (
    select
        key as group_id,
        {{ latest_trait('name') }} as name,
        {{ latest_trait('domain') }} as domain,
        {{ latest_trait('website') }} as website,
        {{ latest_trait('industry') }} as industry,
        {{ latest_trait('employees') }} as employees,
        {{ latest_trait('plan') }} as plan,
        {{ latest_trait('createdAt') }} as created_at,
        {{ latest_trait('configuration') }} as configuration
    from traits
    where kind = 'group'
    group by key
)

select
    group_id as record_id,
    name,
    coalesce({{ web_domain('domain') }}, {{ web_domain('website') }}) as domain,
    cast(null as varchar) as parent_record_id,
    cast(null as varchar) as segment,
    industry,
    try_cast(employees as bigint) as employees,
    plan,
    cast(null as varchar) as region,
    cast(null as varchar) as csm_record_id,
    {{ moment_of_text('created_at') }} as signed_up_at,
    cast(null as date) as contract_started_on,
    cast(null as date) as renewal_on,
    cast(null as double) as arr,
    cast(null as varchar) as currency,
    cast(null as varchar) as status,
    cast(null as date) as churned_on,
    cast(null as boolean) as wants_human,
    cast(null as boolean) as has_executive_sponsor,
    {{ configuration_words('configuration') }} as configuration
from groups
