{{ config(materialized='table') }}

with records as (
    {{ union_feeds('accounts') }}
),

account_systems as (
    select * from {{ ref('account_systems') }}
),

run as (
    select * from {{ ref('int_run') }}
),

ranked as (
    select
        records.* exclude (domain),
        nullif(regexp_replace(lower(trim(records.domain)), '^(https?://)?(www\.)?([^/]*).*$', '\3'), '') as domain,
        -- a record without a name is an id that was merely seen
        coalesce(account_systems.is_account_of_record, false) and records.name is not null as is_of_record,
        coalesce(account_systems.survivorship_rank, 1000) as survivorship_rank
    from records
    cross join run
    left join account_systems
        on records.system = account_systems.system
        and account_systems.valid_from = {{ policy_version(ref('account_systems'), 'run.as_of') }}
)

select
    *,
    -- where no system says who is a customer, each record does
    is_of_record or not bool_or(is_of_record) over () as is_founding
from ranked
