with accounts as (
    select * from {{ ref('int_accounts') }}
),

calendars as (
    select * from {{ ref('calendars') }}
),

run as (
    select * from {{ ref('int_run') }}
),

in_force as (
    select calendars.*
    from calendars
    cross join run
    where calendars.valid_from = {{ policy_version(ref('calendars'), 'run.as_of') }}
),

regions as (
    select
        accounts.account_id,
        coalesce(in_force.region, '*') as region
    from accounts
    left join in_force on lower(trim(accounts.region)) = in_force.region
)

select
    regions.account_id,
    regions.region,
    in_force.country,
    in_force.time_zone,
    in_force.works_from_hour,
    in_force.works_until_hour,
    in_force.weekend
from regions
inner join in_force on regions.region = in_force.region
