with owners as (
    select * from {{ ref('stg_hubspot__owners') }}
),

company_versions as (
    select * from {{ ref('stg_hubspot__company_versions') }}
),

statuses as (
    {{ vocabulary('hubspot', 'account_status') }}
),

-- whoever looks after a customer, or ever did: their past work counts
looking_after as (
    select distinct company_versions.csm_id
    from company_versions
    left join statuses on lower(trim(company_versions.status)) = statuses.source_value
    where coalesce(statuses.value, '') <> 'prospect'
)

select
    owners.owner_id as record_id,
    coalesce(owners.name, owners.email) as name,
    owners.email,
    cast(null as varchar) as slack_id,
    cast(null as varchar) as manager_record_id,
    cast(null as double) as hours_per_week,
    cast(null as double) as hourly_cost,
    cast(null as varchar) as timezone
from owners
inner join looking_after on owners.owner_id = looking_after.csm_id
